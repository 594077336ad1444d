/** Whether the keyboard has a ⌘ key where others have Ctrl. */
export const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
