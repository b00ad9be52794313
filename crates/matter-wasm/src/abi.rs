//! The exports for the page. Bytes are passed in two buffers, as JSON and UTF-8 text: the page
//! requests an input buffer of a length, fills it, calls a function, and reads the output buffer.

#![allow(unsafe_code, reason = "the names of the exports, and nothing else")]

use std::cell::RefCell;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::{Inspector, read_qr};

thread_local! {
    static STATE: RefCell<State> = RefCell::new(State::default());
}

/// The files and the buffers.
#[derive(Default)]
struct State {
    inspector: Inspector,
    input: Zeroizing<Vec<u8>>,
    output: Zeroizing<Vec<u8>>,
    name: String,
}

impl State {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.input).unwrap_or_default()
    }

    fn answer(&mut self, value: &impl Serialize) {
        // Serialization of these values does not fail.
        self.output = Zeroizing::new(serde_json::to_vec(value).unwrap_or_default());
        self.input = Zeroizing::default();
    }
}

/// Calls a function with the state; there is only one thread.
fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(act)
}

/// Creates an input buffer of a length and returns its address.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_input(len: usize) -> *mut u8 {
    with(|state| {
        state.input = Zeroizing::new(vec![0; len]);
        state.input.as_mut_ptr()
    })
}

/// Returns the address of the output buffer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_output() -> *const u8 {
    with(|state| state.output.as_ptr())
}

/// Returns the length of the output buffer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_output_len() -> usize {
    with(|state| state.output.len())
}

/// Starts a new inspector; the input is the time.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_reset(for_tests: bool) {
    with(|state| {
        let mut inspector = Inspector::new();
        inspector.set_time(state.text());
        inspector.set_for_tests(for_tests);
        state.inspector = inspector;
    });
}

/// Sets the name of the next file to the input.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_name() {
    with(|state| state.name = state.text().to_owned());
}

/// Adds the input as a file.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_file() {
    with(|state| {
        let input = std::mem::take(&mut state.input);
        state.inspector.add_file(&state.name, &input);
    });
}

/// Adds a picture of `size` bytes; the input is the text of its QR code, or the reason why there is
/// none.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_picture(size: usize, is_read: bool) {
    with(|state| {
        let input = std::mem::take(&mut state.input);
        let text = std::str::from_utf8(&input).unwrap_or_default();
        let text = if is_read { Ok(text) } else { Err(text) };
        state.inspector.add_picture(&state.name, size, text);
    });
}

/// Outputs the report.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_report() {
    with(|state| {
        let report = state.inspector.report();
        state.answer(&report);
    });
}

/// Outputs the secret whose id is the input, or `null`.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_reveal() {
    with(|state| {
        let secret = state.inspector.reveal(state.text());
        state.answer(&secret);
    });
}

/// Outputs `{"Ok": text}` or `{"Err": reason}` for a picture; the input is its pixels.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn inspector_read_qr(width: usize, height: usize) {
    with(|state| {
        let read = read_qr(width, height, &state.input);
        let read = read.as_ref().map(|text| text.as_str());
        state.answer(&read);
    });
}
