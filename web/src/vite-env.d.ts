/// <reference types="vite/client" />
declare module "@fontsource-variable/figtree";
declare module "@fontsource-variable/figtree/wght-italic.css";
declare module "@fontsource-variable/bricolage-grotesque";
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  export default function SwaggerUI(options: Record<string, unknown>): unknown;
}
