// The queue without its map: htmx for what the server draws, and one small module for each idea beside it.
import htmx from "htmx.org";
import { bulk } from "./queue_bulk.js";
import { drawer } from "./queue_drawer.js";
import { keys } from "./queue_keys.js";
import { rows } from "./queue_rows.js";
import { undo } from "./queue_undo.js";

window.htmx = htmx; // for the console and the tests
rows.listen();
drawer.listen();
undo.listen();
bulk.listen();
keys.listen();
document.documentElement.dataset.queue = "ready";
