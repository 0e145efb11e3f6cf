// The secret address of a crew, copied with one press.

import { copyButton } from "../resident/pass_on.js";

const told = document.getElementById("copied");
copyButton(document.getElementById("copy"), () => document.getElementById("address").value, told, told.dataset);
