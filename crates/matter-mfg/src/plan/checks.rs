use matter_factory_data::Declaration;
use matter_types::Passcode;

use crate::Error;
use crate::cells::Cells;
use crate::job::{Job, RotatingIdPolicy};

/// Options that stand alone and not beside each other.
pub(super) fn check_combinations(job: &Job) -> Result<(), Error> {
    if job.encrypt && job.without_image {
        return Err(Error::option("--encrypt", "has nothing to encrypt beside --no-bin"));
    }
    if job.dynamic_passcode {
        let lists = [("--labels", job.lists.labels.is_some()), ("--qr-zip", job.lists.qr_zip)];
        if let Some((option, _)) = lists.iter().find(|(_, given)| *given) {
            let reason =
                "has nothing to print beside --enable-dynamic-passcode: devices draw their passcodes themselves";
            return Err(Error::option(option, reason));
        }
        if job.salt.is_some() || job.verifier.is_some() {
            let option = if job.salt.is_some() { "--salt" } else { "--verifier" };
            return Err(Error::option(option, "is not allowed beside --enable-dynamic-passcode"));
        }
        let given = [
            ("--passcode", job.passcode.is_some()),
            ("--passcodes", job.passcodes.is_some()),
        ];
        if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
            let reason = "is not allowed beside --enable-dynamic-passcode: devices draw their passcodes themselves";
            return Err(Error::option(option, reason));
        }
        if job.values.as_ref().is_some_and(|(columns, _)| columns.sets("passcode")) {
            let reason = "sets passcodes, which --enable-dynamic-passcode leaves to the devices";
            return Err(Error::option("--csv", reason));
        }
    }
    Ok(())
}

/// What is right for development and wrong for products, where nothing else tells that the devices are for tests.
pub(super) fn warn_of_examples(job: &Job, cells: &[Cells], warnings: &mut Vec<String>) {
    if job.vendor_id.is_test() {
        return;
    }
    if job.declaration.as_ref().is_some_and(Declaration::has_test_signer) {
        let text = "the declaration is signed with the published test key; commissioners refuse it unless they are told \
                    to trust test devices";
        warnings.push(format!("--cert-dclrn: {text}"));
    }
    let given = cells.iter().filter_map(|cells| cells.passcode.as_ref());
    if given.chain(&job.passcode).any(Passcode::is_of_examples) {
        warnings.push("a given passcode is the one of the SDK's examples, which everybody knows".into());
    }
}

/// A declaration that does not cover the product is refused by every commissioner.
pub(super) fn check_declaration(job: &Job, warnings: &mut Vec<String>) -> Result<(), Error> {
    let Some(declaration) = &job.declaration else {
        return Ok(());
    };
    if declaration.content().covers(job.vendor_id, job.product_id) {
        return Ok(());
    }
    let reason = format!(
        "the declaration does not cover vendor {} and product {}; commissioners will refuse it",
        job.vendor_id, job.product_id
    );
    if job.allow_declaration_mismatch {
        warnings.push(format!("--cert-dclrn: {reason}"));
        return Ok(());
    }
    Err(Error::option(
        "--cert-dclrn",
        format_args!("{reason}; --allow-cd-mismatch takes it nevertheless"),
    ))
}

/// Values that only one device may have, given by an option or by a column and not by both.
pub(super) fn check_single(job: &Job, count: u32) -> Result<(), Error> {
    let single = [
        ("--passcode", "passcode", job.passcode.is_some()),
        ("--discriminator", "discriminator", job.discriminator.is_some()),
        ("--serial-num", "serial-num", job.product.serial_number.is_some()),
        (
            "--rd-id-uid",
            "rd-id-uid",
            matches!(job.rotating_id, RotatingIdPolicy::Given(_)),
        ),
        // Without a column: one of that name is refused with the column's own reason.
        ("--salt", "", job.salt.is_some()),
        ("--verifier", "", job.verifier.is_some()),
    ];
    for (option, column, _) in single.iter().filter(|(_, _, given)| *given) {
        if count > 1 {
            let reason = format!("is for one device, and {count} are to be made; --count 1 is allowed");
            return Err(Error::option(option, reason));
        }
        if job.values.as_ref().is_some_and(|(columns, _)| columns.sets(column)) {
            return Err(Error::option(
                option,
                format!("is set by the column '{column}' of --mcsv as well"),
            ));
        }
    }
    Ok(())
}
