import { createContext, type RefObject, useContext } from "react";

/** Where dialogs, menus and the like are drawn. */
const PortalContext = createContext<RefObject<HTMLElement | null> | undefined>(undefined);

export const PortalProvider = PortalContext.Provider;

/** The element for what lies over the page; undefined for the end of the page. */
export const usePortal = (): RefObject<HTMLElement | null> | undefined => useContext(PortalContext);
