import { forgetDrafts } from "./composer/draft.ts";
import { forgetSentPictures } from "./room/sent-pictures.ts";

/** Deletes at sign-out what the views keep of a person, so that the next user of this browser does not see it. */
export const forgetTraces = (me: string): void => {
  forgetDrafts(me);
  forgetSentPictures();
};
