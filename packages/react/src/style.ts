// The style sheet of the package is built from these, and from the modules of its components.
import "./ui/tokens.css";
import "./embed/root.css";
import "./ui/elements.css";
