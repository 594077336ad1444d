/** Loads what menus, dialogs and the like need when they open. */
export const preloadPopups = (): void => {
  for (const part of [
    import("./dialog-popup.tsx"),
    import("./menu-popup.tsx"),
    import("./popover-popup.tsx"),
    import("./toasts.tsx"),
    import("./tip.tsx"),
    import("../room/failed-bar.tsx"),
    import("../room/message-menu.tsx"),
    import("../room/person-card.tsx"),
    import("../room/room-viewer.tsx"),
    import("../room/other-file.tsx"),
  ])
    part.catch(() => undefined);
};
