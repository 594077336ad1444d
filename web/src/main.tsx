import { beginLanguage } from "@chinwag/react/language";
import "@fontsource-variable/figtree";
import "@fontsource-variable/figtree/wght-italic.css";
import "@fontsource-variable/bricolage-grotesque";
import "@chinwag/react/ui/tokens.css";
import "@chinwag/react/ui/elements.css";
import "@chinwag/react/ui/base.css";
import { applyTheme, chosenTheme } from "@chinwag/react/ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./features/app/app.tsx";
import { ErrorBoundary } from "./features/app/error-boundary.tsx";

applyTheme(chosenTheme());

const root = document.getElementById("root");
if (root) {
  // Nothing is drawn before its language is there, so that no other flashes up.
  void beginLanguage().then(() =>
    createRoot(root).render(
      <StrictMode>
        <ErrorBoundary>
          <App />
        </ErrorBoundary>
      </StrictMode>,
    ),
  );
}
