import "swagger-ui-dist/swagger-ui.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

/** The OpenAPI document of the server that this page comes from, to read and to try. */
SwaggerUI({ url: "../openapi.json", dom_id: "#docs", deepLinking: true, tryItOutEnabled: true });
