import { forgetSentPictures } from "./room/sent-pictures.ts";

/** Deletes at sign-out what the views keep of a person, so that the next user of this page does not see it. */
export const forgetTraces = (): void => forgetSentPictures();
