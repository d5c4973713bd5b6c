/** Entry point of the dashboard. */
import "uplot/dist/uPlot.min.css";
import "./style/style.css";
import { createApp } from "./app.ts";
import { findHost } from "./host.ts";
import { keepFateColours } from "./theme.ts";
import { registerUiKit } from "./ui-kit.ts";

registerUiKit();
keepFateColours();
const host = findHost();
const app = createApp(host);
document.body.append(app.element);
host.onState((state) => app.update(state));
host.post({ type: "ready", part: app.shown });
