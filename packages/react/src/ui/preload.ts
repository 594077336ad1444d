/** Loads what menus, dialogs and the like need when they open. */
export const preloadPopups = (): void => {
  for (const part of [
    import("./dialog-popup.tsx"),
    import("./menu-popup.tsx"),
    import("./popover-popup.tsx"),
    import("./toasts.tsx"),
    import("./tip.tsx"),
    import("../room/person-card.tsx"),
    import("../room/viewer-popup.tsx"),
  ])
    part.catch(() => undefined);
};
