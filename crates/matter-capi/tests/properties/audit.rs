//! Parts of a device, each with four bytes of length -> JSON with its NUL, and the counts in it.
use crate::support::{bytes, text, written};
use matter_capi::*;

/// Returns the next part; a length beyond the rest means the rest.
fn next<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let Some((len, after)) = rest.split_first_chunk() else {
        return &[];
    };
    let len = (u32::from_le_bytes(*len) as usize).min(after.len());
    let (part, after) = after.split_at(len);
    *rest = after;
    part
}

fn number<const N: usize>(part: &[u8]) -> [u8; N] {
    part.first_chunk().copied().unwrap_or([0; N])
}

pub(crate) fn check_bytes(data: &[u8]) {
    let mut rest = data;
    let mut part = || next(&mut rest);
    let (nvs, nvs_keys, secure_cert) = (part(), part(), part());
    let (qr, manual, paa, declaration) = (text(part()), text(part()), part(), part());
    let [flags, pages, time @ ..] = number::<10>(part());
    let [v0, v1, p0, p1] = number::<4>(part());
    let paas = [bytes(paa)];
    let device = MatterAudit {
        nvs: bytes(nvs),
        nvs_keys: bytes(nvs_keys),
        secure_cert: bytes(secure_cert),
        secure_cert_size: usize::from(pages) * 0x800,
        qr_text: qr.as_ptr().cast(),
        manual_code: if manual.len() > 1 {
            manual.as_ptr().cast()
        } else {
            std::ptr::null()
        },
        paas: paas.as_ptr(),
        paas_len: usize::from(!paa.is_empty()),
        declaration: bytes(declaration),
        time: u64::from_le_bytes(time),
        vendor_id: u16::from_le_bytes([v0, v1]),
        product_id: u16::from_le_bytes([p0, p1]),
        // Without the slow verifier.
        flags: u32::from(flags) & !MATTER_AUDIT_RECOMPUTE,
    };
    let mut counts = MatterAuditCounts {
        errors: 9999,
        warnings: 9999,
        notes: 9999,
    };
    let made = written(|to, len, written, message| unsafe {
        matter_audit_device(&device, &mut counts, to.cast(), len, written, message)
    });
    if let Ok(json) = made {
        let json = String::from_utf8(json).unwrap();
        assert!(json.starts_with("{\"findings\":[") && json.ends_with("}}\0"));
        assert_eq!(json.find('\0'), Some(json.len() - 1));
        assert_eq!(json.matches("\"severity\":\"error\"").count(), counts.errors);
    }
}
