/** Entry point of the dashboard. */
import "uplot/dist/uPlot.min.css";
import "./style/style.css";
import { speak } from "../src/words/l10n.ts";
import { createApp } from "./app.ts";
import { findHost, translationOf } from "./host.ts";
import { keepFateColours } from "./theme.ts";
import { registerUiKit } from "./ui-kit.ts";

speak(translationOf(document));
registerUiKit();
keepFateColours();
const host = findHost();
const app = createApp(host);
document.body.append(app.element);
host.onState((state) => app.update(state));
host.post({ type: "ready", part: app.shown });
