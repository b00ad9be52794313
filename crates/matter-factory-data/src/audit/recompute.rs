use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use matter_spake2p::{Iterations, Verifier};

use super::{Check, DeviceReport, Finding};

/// Derives verifiers from the passcodes on the labels and compares them with those stored by the devices.
///
/// It processes many devices at a time, which is several times as fast as one by one. Reports without a passcode, a
/// salt, an iteration count or a verifier are left unchanged; the missing value is a finding already. Returns the
/// number of derived verifiers.
///
/// # Examples
///
/// ```
/// use matter_factory_data::{Artifacts, Check, audit, recompute};
/// # use matter_factory_data::DeviceRecord;
/// # use matter_factory_data::matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
/// # use matter_factory_data::matter_types::{Discriminator, Passcode, ProductId, VendorId};
/// # let parameters = PbkdfParameters { iterations: Iterations::MIN, salt: Salt::new(&[7; 32])? };
/// # let pase = PaseCredential::derive(Passcode::new(34567890)?, parameters)?;
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let record = DeviceRecord::new(vendor, product, Discriminator::new(3840)?, &pase);
/// # let image = record.encode_nvs("0x6000".parse()?)?;
///
/// // The label of another device.
/// let label = "MT:Y.K9042C00KA0648G00";
/// let mut reports = [audit(&Artifacts::new().with_nvs(&image).with_qr(label))];
/// assert_eq!(recompute(&mut reports), 1);
/// assert!(reports[0].has(Check::VerifierPasscode));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn recompute<'r>(reports: impl IntoIterator<Item = &'r mut DeviceReport>) -> usize {
    let mut groups = BTreeMap::<u32, (Iterations, Vec<&mut DeviceReport>)>::new();
    for report in reports {
        let traces = &report.traces;
        if let (Some(_), Some(_), Some(parameters)) = (&traces.passcode, &traces.verifier, &traces.parameters) {
            let iterations = parameters.iterations;
            let group = groups.entry(iterations.get()).or_insert((iterations, Vec::new()));
            group.1.push(report);
        }
    }
    let mut derived = 0;
    for (iterations, mut group) in groups.into_values() {
        let inputs: Vec<_> = group
            .iter()
            .filter_map(|report| {
                let traces = &report.traces;
                Some((traces.passcode.clone()?, traces.parameters?.salt))
            })
            .collect();
        for (report, verifier) in group.iter_mut().zip(Verifier::derive_each(inputs, iterations)) {
            derived += 1;
            let same = match (&report.traces.verifier, &verifier) {
                (Some(stored), Ok(verifier)) => bool::from(subtle::ConstantTimeEq::ct_eq(stored, verifier)),
                _ => false,
            };
            if !same {
                report.push(Finding::of(Check::VerifierPasscode, "verifier", ""));
            }
        }
    }
    derived
}
