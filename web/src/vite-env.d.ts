/// <reference types="vite/client" />
declare module "@fontsource-variable/figtree";
declare module "@fontsource-variable/figtree/wght-italic.css";
declare module "@fontsource-variable/bricolage-grotesque";
