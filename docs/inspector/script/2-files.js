// Files from a drop, a choice, or the clipboard; the browser decodes pictures.

const LARGEST = 64 << 20;
const MOST = 200;
const DEEPEST = 4;
const PICTURE = /\.(png|jpe?g|webp|gif|bmp|svg|avif)$/i;

// Reads dropped files and folders. The list is read at once, because it is empty after the event. Chromium gives pages in
// files handles instead of entries of folders; other browsers have entries only.
async function filesOfDrop(transfer) {
  const given = [...transfer.items].filter((item) => item.kind === "file").map((item) => ({
    file: item.getAsFile(),
    entry: item.webkitGetAsEntry?.() ?? null,
    handle: item.getAsFileSystemHandle?.().catch(() => null) ?? null,
  }));
  const found = [];
  for (const { file, entry, handle } of given) {
    if (!entry?.isDirectory) {
      if (file) found.push(file);
      continue;
    }
    const folder = await handle;
    if (folder) await walkHandle(folder, found, 0);
    else await walkEntry(entry, found, 0);
  }
  return found;
}

async function walkHandle(handle, found, depth) {
  if (found.length >= MOST) return;
  if (handle.kind === "file") found.push(await handle.getFile());
  else if (depth < DEEPEST) for await (const inside of handle.values()) await walkHandle(inside, found, depth + 1);
}

async function walkEntry(entry, found, depth) {
  if (found.length >= MOST) return;
  if (entry.isFile) {
    found.push(await new Promise((done, fail) => { entry.file(done, fail); }));
  } else if (depth < DEEPEST) {
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, fail) => { reader.readEntries(done, fail); });
      if (some.length === 0) break;
      for (const inside of some) await walkEntry(inside, found, depth + 1);
    }
  }
}

// Reads a file. A file that exceeds the remaining room, which every flash fits into, is refused.
async function readFile(file, room) {
  if (file.size > room) throw new Error(`${file.name} is too large: a device’s files have 64 MiB at most, all together.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const read = { name: file.name, bytes };
  if (isPicture(file, bytes)) read.picture = await readPicture(file);
  return read;
}

function isPicture(file, bytes) {
  const starts = (...first) => first.every((byte, at) => bytes[at] === byte);
  return file.type.startsWith("image/") || PICTURE.test(file.name)
    || starts(0x89, 0x50, 0x4E, 0x47) || starts(0xFF, 0xD8, 0xFF);
}

// The text of the QR code in a picture, or the reason why there is none. Several sizes are tried.
async function readPicture(file) {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    let reason = "there is no QR code in it";
    for (const side of [1200, 600, 2400]) {
      const answer = await readPixels(image, side);
      if (answer.Ok !== undefined) return { isRead: true, text: answer.Ok };
      if (reason.startsWith("there is no")) reason = answer.Err;
    }
    return { isRead: false, text: reason };
  } catch {
    return { isRead: false, text: "the browser cannot read it" };
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function readPixels(image, side) {
  const scale = side / Math.max(image.naturalWidth, image.naturalHeight, 1);
  const width = Math.max(1, Math.round(image.naturalWidth * scale));
  const height = Math.max(1, Math.round(image.naturalHeight * scale));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(image, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const grey = new Uint8Array(width * height);
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (data[4 * at] * 77 + data[4 * at + 1] * 150 + data[4 * at + 2] * 29) >> 8;
  }
  try {
    return (await instance()).readQr(width, height, grey);
  } catch {
    // The decoder ended in a trap, and its instance with it.
    return { Err: "its QR code cannot be read" };
  }
}
