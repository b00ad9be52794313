//! Faults that other tests cover, for the documentation.

use std::fmt::Write as _;

use matter_factory_data::Check;

use crate::forms::{self, Found};
use crate::places::{PLACES, Place};

/// The files of the tests of [`OTHER_FAULTS`].
pub(crate) const TESTS: [&str; 11] = [
    include_str!("../folders.rs"),
    include_str!("../files.rs"),
    include_str!("../flash.rs"),
    include_str!("../flash_tables.rs"),
    include_str!("../encrypted_flash.rs"),
    include_str!("../lists.rs"),
    include_str!("../ledgers.rs"),
    include_str!("../audit.rs"),
    include_str!("../keys.rs"),
    include_str!("../streams.rs"),
    include_str!("../tables.rs"),
];

pub(crate) const OTHER_FAULTS: [(&str, &str, &str); 47] = [
    (
        "A dump with another partition table than the given one",
        "the_table_in_the_flash_has_to_be_the_given_one",
        "partition-table-differs",
    ),
    (
        "A partition table that ESP-IDF's tool refuses",
        "tables_that_the_tool_refuses_are_damaged",
        "artifact-malformed",
    ),
    (
        "A dump without a partition table, or of another flash key",
        "a_key_that_does_not_decrypt_the_flash_is_reported",
        "artifact-malformed",
    ),
    (
        "A partition table whose flags are not those of the given one",
        "the_table_in_the_flash_has_to_be_the_given_one",
        "partition-table-differs",
    ),
    (
        "A partition that is not encrypted, in flash that is",
        "pieces_that_the_firmware_reads_differently_are_reported",
        "artifact-malformed",
    ),
    (
        "An NVS partition with the flag encrypted, in flash that is",
        "pieces_that_the_firmware_reads_differently_are_reported",
        "artifact-malformed",
    ),
    (
        "The DAC's key in an app that is encrypted",
        "keys_are_looked_for_in_the_decrypted_flash_as_well",
        "key-leaked",
    ),
    (
        "An encrypted image that ends before partitions that are read",
        "an_image_may_end_before_partitions_that_the_firmware_fills",
        "not-checked",
    ),
    (
        "A keys partition of a dump with a wrong checksum",
        "keys_partitions_that_do_not_match_are_reported",
        "artifact-malformed",
    ),
    (
        "Unencrypted factory data beside keys for NVS encryption",
        "keys_partitions_that_do_not_match_are_reported",
        "nvs-not-encrypted",
    ),
    (
        "Two folders of one name",
        "two_folders_of_one_name_are_a_duplicate_device",
        "duplicate-device",
    ),
    (
        "A key for an eFuse that is still in its file",
        "the_key_for_an_efuse_is_in_one_file_and_only_until_it_is_burned",
        "efuse-key-file",
    ),
    (
        "A copy of the key for an eFuse",
        "the_key_for_an_efuse_is_in_one_file_and_only_until_it_is_burned",
        "key-leaked",
    ),
    (
        "The key for an eFuse two folders further down",
        "the_key_for_an_efuse_is_in_one_file_and_only_until_it_is_burned",
        "key-leaked",
    ),
    (
        "The key for an eFuse of another device",
        "the_key_for_an_efuse_is_in_one_file_and_only_until_it_is_burned",
        "key-leaked",
    ),
    (
        "The key for an eFuse in erased bytes of an image",
        "the_key_for_an_efuse_is_in_one_file_and_only_until_it_is_burned",
        "key-leaked",
    ),
    (
        "Two rows of a ledger with one serial number",
        "a_ledger_alone_shows_its_duplicates",
        "duplicate-serial",
    ),
    (
        "Two rows of a ledger with one key",
        "a_ledger_alone_shows_its_duplicates",
        "duplicate-key",
    ),
    (
        "Two rows of a ledger with one passcode",
        "a_ledger_alone_shows_its_duplicates",
        "duplicate-passcode",
    ),
    (
        "Two rows of a ledger with one serial number of a DAC",
        "a_ledger_alone_shows_its_duplicates",
        "duplicate-certificate-serial",
    ),
    (
        "Two rows of a ledger with one name",
        "a_ledger_alone_shows_its_duplicates",
        "duplicate-device",
    ),
    (
        "The key of a device that only a ledger knows",
        "device_is_compared_with_devices_only_in_the_ledger",
        "duplicate-key",
    ),
    (
        "A list without devices, or without their names",
        "a_list_that_is_damaged_is_a_finding_and_one_that_is_not_there_an_error",
        "list-malformed",
    ),
    (
        "A file that is not a keys partition",
        "a_list_that_is_damaged_is_a_finding_and_one_that_is_not_there_an_error",
        "artifact-malformed",
    ),
    (
        "A partition table that is damaged",
        "partitions_of_a_flash_dump_are_found_by_either_table",
        "artifact-malformed",
    ),
    (
        "Factory data in two partitions of a dump",
        "factory_data_in_two_partitions_are_one_too_many",
        "artifact-twice",
    ),
    (
        "An encrypted store in a dump without its keys, or with others",
        "a_dump_needs_its_own_keys",
        "artifact-malformed",
    ),
    (
        "Another device's codes among files of one",
        "files_of_one_device_are_audited_together",
        "verifier-passcode",
    ),
    (
        "Another device's code, scanned, beside a folder",
        "a_scanned_label_is_held_against_the_device",
        "label-codes-differ",
    ),
    (
        "Another device's picture beside a folder",
        "a_scanned_label_is_held_against_the_device",
        "label-picture",
    ),
    (
        "A QR code of one device and a manual code of another",
        "codes_may_be_lines_of_text",
        "label-codes-differ",
    ),
    (
        "A file name of another device",
        "a_name_that_is_not_the_devices_is_seen",
        "name-differs",
    ),
    (
        "A pipe in the folder of a device",
        "foreign_file_is_reported_and_does_not_block",
        "not-checked",
    ),
    (
        "A device without codes or picture, or audited without a PAA",
        "unchecked_items_are_reported",
        "not-checked",
    ),
    (
        "The DAC's key elsewhere in a flash dump",
        "the_key_of_the_dac_is_nowhere_else_in_the_flash",
        "key-leaked",
    ),
    (
        "A private key in every form, in every place",
        "a_key_is_found_in_every_form_and_every_place",
        "key-leaked",
    ),
    (
        "A private key that is encrypted, or of another kind, in every place",
        "a_key_is_found_in_every_form_and_every_place",
        "key-container",
    ),
    (
        "The key of a PAI of which only the certificate is known, as a value",
        "the_key_of_an_unknown_pai_is_found_as_a_value",
        "key-leaked",
    ),
    (
        "A key that shows itself in one place, hidden in another one",
        "a_key_that_shows_itself_in_one_place_is_found_in_all",
        "key-leaked",
    ),
    (
        "A manifest that another key has signed",
        "a_signature_is_verified_with_the_key_that_was_given",
        "manifest-signature",
    ),
    (
        "A signature, and no key to verify it with",
        "a_signature_is_verified_with_the_key_that_was_given",
        "not-checked",
    ),
    (
        "A manifest or ledger with an element that has no end",
        "endless_input_is_a_finding",
        "list-malformed",
    ),
    (
        "A pipe beside the folders of devices",
        "a_pipe_is_read_as_a_file_is",
        "not-checked",
    ),
    (
        "A scrapped device of tables whose ledger is gone",
        "several_runs_share_a_folder_and_retired_devices_are_not_missing",
        "table-device-missing",
    ),
    (
        "A row of the summary that has the name of another device",
        "tables_saved_by_a_spreadsheet_are_equal",
        "table-differs",
    ),
    (
        "A device that is not there, of tables of every kind of run",
        "runs_of_every_kind_agree_with_their_devices",
        "table-device-missing",
    ),
    (
        "A secure-cert image alone without a PAI, or without a DAC",
        "a_secure_cert_image_alone_needs_the_whole_chain",
        "key-missing",
    ),
];

/// Returns the forms and places in which private keys are found.
pub(crate) fn keys() -> String {
    let mut text = String::from(
        "\n## Private keys, form by form\n\nA test of `crates/matter-audit` (`keys.rs`) puts the key of the device, of \
         another device and of the PAI in each of these forms into each of these places, for keys in NVS, in \
         esp_secure_cert and in an eFuse. The audit must report the owner and the place.\n\nPlaces: ",
    );
    let places = PLACES.map(Place::name).join(", ");
    let _ = write!(text, "{places}.\n\n| Form | Check |\n|---|---|\n");
    for form in forms::all() {
        let check = match form.found {
            Found::Key => Check::KeyLeaked,
            Found::Container => Check::KeyContainer,
        };
        let _ = writeln!(text, "| {} | `{check}` |", form.name);
    }
    text
}
