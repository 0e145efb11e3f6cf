// Makes a photo small enough for a bad network: JPEG, long side 1600 px, nothing but the picture in it.
// Three ways, the next where one fails: createImageBitmap, <img> with a canvas, the photo as it is.

const LONG_SIDE = 1600; // px: a number plate is unreadable, a bottle is not
const QUALITY = 0.75;
const MOST_PIXELS = 120e6; // decoded that is 480 MB; what is larger goes as it is, and the server says no in words

/** The photo as a small JPEG without metadata, or `file` itself where the browser cannot draw it (HEIC, damaged). One
 * at a time: two decoded photos of 12 megapixels are 96 MB, too much for a cheap phone. */
export function resized(file) {
  const turn = last.then(() => attempt(file));
  last = turn;
  return turn;
}

let last = Promise.resolve();

async function attempt(file) {
  const address = URL.createObjectURL(file);
  try {
    const image = await loaded(address);
    const size = fitted(image.naturalWidth, image.naturalHeight);
    for (const draw of [fromBitmap, fromImage]) {
      try {
        return await draw(file, image, size);
      } catch {} // the next way
    }
  } catch {} // not a picture to this browser
  finally {
    URL.revokeObjectURL(address);
  }
  return file;
}

/** The picture with its size known, upright; most browsers decode the pixels only when they are drawn. */
function loaded(address) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = address;
  });
}

/** Width and height with the long side at most 1600, never larger than they are. */
export function fitted(width, height) {
  if (!width || !height || width * height > MOST_PIXELS) throw new RangeError("no size to draw at");
  const scale = Math.min(1, LONG_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

async function fromBitmap(file, image, { width, height }) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image", resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
  try {
    // Engines that know no resizing give the full size, old ones lie on the side: then the other way draws it.
    if (bitmap.width !== width || bitmap.height !== height) throw new RangeError("not the size that was asked for");
    return await jpeg(bitmap, width, height);
  } finally {
    bitmap.close();
  }
}

const fromImage = (file, image, { width, height }) => jpeg(image, width, height);

async function jpeg(picture, width, height) {
  const offscreen = typeof OffscreenCanvas === "function" && "convertToBlob" in OffscreenCanvas.prototype;
  const canvas = offscreen ? new OffscreenCanvas(width, height) : Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // JPEG knows no transparency
  pen.fillRect(0, 0, width, height);
  pen.drawImage(picture, 0, 0, width, height);
  const blob = offscreen
    ? await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY })
    : await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  canvas.width = canvas.height = 0; // gives the memory back at once
  if (blob?.type !== "image/jpeg" || !blob.size) throw new TypeError("not a JPEG");
  return blob;
}
