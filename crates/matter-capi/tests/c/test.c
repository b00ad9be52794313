/* Calls of every function of the header. Usage: test DATA OUT; writes images into the folder OUT. */
#include "check.h"
#include "matter.h"

#define NS "chip-factory"

static const char *data_folder;
static const char *out_folder;

static void names_and_versions(void)
{
    CHECK(matter_abi_version() == MATTER_ABI_VERSION);
    CHECK(strlen(matter_version()) >= 5);
    CHECK(strcmp(matter_error_name(MATTER_ERROR_NONE), "MATTER_ERROR_NONE") == 0);
    CHECK(strcmp(matter_error_name(MATTER_ERROR_AUDIT_TIME), "MATTER_ERROR_AUDIT_TIME") == 0);
    CHECK(strcmp(matter_error_name(-1), "unknown error number") == 0);
    CHECK(strcmp(matter_error_name(98765), "unknown error number") == 0);
}

/* The entries of tests/data/factory.csv. */
static MatterNvs *factory(void)
{
    MatterNvs *nvs = NULL;
    uint8_t verifier[16];
    unsigned i;
    for (i = 0; i < sizeof verifier; i++) {
        verifier[i] = (uint8_t)i;
    }
    CHECK(matter_nvs_new(&nvs, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_u32(nvs, NS, "discriminator", 3840, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_u32(nvs, NS, "iteration-count", 1, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_str(nvs, NS, "serial-num", "SN-0001", NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_blob(nvs, NS, "verifier", verifier, sizeof verifier, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_u8(nvs, "types", "u8", 200, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_i8(nvs, "types", "i8", -100, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_u16(nvs, "types", "u16", 60000, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_i16(nvs, "types", "i16", -30000, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_i32(nvs, "types", "i32", -2000000000, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_u64(nvs, "types", "u64", UINT64_C(18000000000000000000), NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_i64(nvs, "types", "i64", INT64_C(-9000000000000000000), NULL) == MATTER_ERROR_NONE);
    /* A second value of a key replaces the first in the same position. */
    CHECK(matter_nvs_set_u32(nvs, NS, "iteration-count", 1000, NULL) == MATTER_ERROR_NONE);
    return nvs;
}

static void nvs_image_is_that_of_the_generator(void)
{
    MatterNvs *nvs = factory();
    MatterMessage message;
    uint32_t size = 0;
    size_t written = 1, expected_len;
    uint8_t *image, *expected = read_file(data_folder, "factory.bin", &expected_len);

    CHECK(matter_nvs_needed_size(nvs, MATTER_NVS_VERSION_V2, &size, &message) == MATTER_ERROR_NONE);
    CHECK(size == 0x3000 && message.text[0] == '\0');
    CHECK(matter_nvs_encode(nvs, size, MATTER_NVS_VERSION_V2, NULL, 0, &written, &message) ==
          MATTER_ERROR_BUFFER_TOO_SMALL);
    CHECK(written == size && strlen(message.text) > 0);
    /* Not initialized, so that valgrind detects which bytes were written. */
    image = (uint8_t *)malloc(written);
    CHECK(image != NULL);
    CHECK(matter_nvs_encode(nvs, size, MATTER_NVS_VERSION_V2, image, written, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == expected_len && memcmp(image, expected, written) == 0);
    write_file(out_folder, "factory.bin", image, written);

    CHECK(matter_nvs_encode(nvs, 0x2fff, MATTER_NVS_VERSION_V2, image, written, &written, NULL) ==
          MATTER_ERROR_NVS_PARTITION_SIZE);
    CHECK(written == 0);
    CHECK(matter_nvs_encode(nvs, 0x3000, 3, image, 0x3000, &written, NULL) == MATTER_ERROR_UNKNOWN_KIND);
    /* Two pages are read-only: only the used pages are written. */
    CHECK(matter_nvs_encode(nvs, 0x2000, MATTER_NVS_VERSION_V2, image, 0x3000, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == 0x1000);
    free(image);
    free(expected);
    matter_nvs_free(nvs);
}

static void nvs_image_is_read(void)
{
    MatterNvs *nvs = NULL, *other = NULL;
    MatterNvsEntry entry;
    size_t len, written, index, faults = 99;
    uint8_t *image = read_file(data_folder, "factory.bin", &len);
    uint8_t u8, blob[16];
    int8_t i8;
    uint16_t u16;
    int16_t i16;
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    int64_t i64;
    char text[8];
    MatterMessage message;

    CHECK(matter_nvs_decode(image, len, &nvs, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_len(nvs) == 11);
    for (index = 0; index < matter_nvs_len(nvs); index++) {
        CHECK(matter_nvs_entry(nvs, index, &entry, NULL) == MATTER_ERROR_NONE);
        CHECK(strlen(entry.name_space) > 0 && strlen(entry.key) > 0 && entry.len > 0);
    }
    CHECK(matter_nvs_entry(nvs, 2, &entry, NULL) == MATTER_ERROR_NONE);
    CHECK(strcmp(entry.name_space, NS) == 0 && strcmp(entry.key, "serial-num") == 0);
    CHECK(entry.kind == MATTER_NVS_KIND_STR && entry.len == sizeof text);
    CHECK(matter_nvs_entry(nvs, 11, &entry, NULL) == MATTER_ERROR_INDEX_OUT_OF_RANGE);

    CHECK(matter_nvs_get_u8(nvs, "types", "u8", &u8, NULL) == MATTER_ERROR_NONE && u8 == 200);
    CHECK(matter_nvs_get_i8(nvs, "types", "i8", &i8, NULL) == MATTER_ERROR_NONE && i8 == -100);
    CHECK(matter_nvs_get_u16(nvs, "types", "u16", &u16, NULL) == MATTER_ERROR_NONE && u16 == 60000);
    CHECK(matter_nvs_get_i16(nvs, "types", "i16", &i16, NULL) == MATTER_ERROR_NONE && i16 == -30000);
    CHECK(matter_nvs_get_u32(nvs, NS, "discriminator", &u32, NULL) == MATTER_ERROR_NONE && u32 == 3840);
    CHECK(matter_nvs_get_i32(nvs, "types", "i32", &i32, NULL) == MATTER_ERROR_NONE && i32 == -2000000000);
    CHECK(matter_nvs_get_u64(nvs, "types", "u64", &u64, NULL) == MATTER_ERROR_NONE);
    CHECK(u64 == UINT64_C(18000000000000000000));
    CHECK(matter_nvs_get_i64(nvs, "types", "i64", &i64, NULL) == MATTER_ERROR_NONE);
    CHECK(i64 == INT64_C(-9000000000000000000));
    CHECK(matter_nvs_get_str(nvs, NS, "serial-num", text, sizeof text, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == sizeof text && strcmp(text, "SN-0001") == 0);
    CHECK(matter_nvs_get_str(nvs, NS, "serial-num", text, 7, &written, NULL) == MATTER_ERROR_BUFFER_TOO_SMALL);
    CHECK(written == sizeof text);
    CHECK(matter_nvs_get_blob(nvs, NS, "verifier", blob, sizeof blob, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == sizeof blob && blob[15] == 15);

    CHECK(matter_nvs_get_u8(nvs, NS, "discriminator", &u8, &message) == MATTER_ERROR_OTHER_TYPE);
    CHECK(strcmp(message.text, "key 'discriminator' has a value of type u32") == 0);
    CHECK(matter_nvs_get_u32(nvs, NS, "nothing", &u32, NULL) == MATTER_ERROR_NOT_FOUND);
    CHECK(matter_nvs_get_str(nvs, NS, "verifier", text, sizeof text, &written, NULL) == MATTER_ERROR_OTHER_TYPE);
    CHECK(matter_nvs_get_blob(nvs, NS, "serial-num", blob, sizeof blob, &written, NULL) == MATTER_ERROR_OTHER_TYPE);

    CHECK(matter_nvs_set_float(nvs, "types", "float", 1.5F, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_set_double(nvs, "types", "double", -2.5, NULL) == MATTER_ERROR_NONE);
    {
        float single = 0;
        double twofold = 0;
        CHECK(matter_nvs_get_float(nvs, "types", "float", &single, NULL) == MATTER_ERROR_NONE);
        CHECK(matter_nvs_get_double(nvs, "types", "double", &twofold, NULL) == MATTER_ERROR_NONE);
        CHECK(single > 1.4F && single < 1.6F && twofold < -2.4 && twofold > -2.6);
    }
    CHECK(matter_nvs_remove(nvs, NS, "discriminator", NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_remove(nvs, NS, "discriminator", NULL) == MATTER_ERROR_NOT_FOUND);
    CHECK(matter_nvs_len(nvs) == 12);
    CHECK(matter_nvs_get_i64(nvs, "types", "i64", &i64, NULL) == MATTER_ERROR_NONE);
    CHECK(i64 == INT64_C(-9000000000000000000));

    /* A byte of the text of entry 3. */
    image[64 + 32 * 4] ^= 1;
    CHECK(matter_nvs_decode(image, len, &other, &message) == MATTER_ERROR_NVS_DAMAGED);
    CHECK(other == NULL && strlen(message.text) > 0);
    CHECK(matter_nvs_recover(image, len, &other, &faults, NULL) == MATTER_ERROR_NONE);
    CHECK(faults > 0 && matter_nvs_len(other) < 11);
    matter_nvs_free(other);
    matter_nvs_free(nvs);
    matter_nvs_free(NULL);
    free(image);
}

static void nvs_limits_are_errors(void)
{
    MatterNvs *nvs = NULL;
    MatterMessage message;
    size_t written;
    uint32_t size = 0;
    uint8_t byte = 0;
    char *text = (char *)malloc(5000);
    uint8_t *blob = (uint8_t *)calloc(508001, 1);
    CHECK(text != NULL && blob != NULL);
    CHECK(matter_nvs_new(&nvs, NULL) == MATTER_ERROR_NONE);
    memset(text, 'x', 5000);
    /* Without a NUL: only the first 4000 bytes are read. */
    CHECK(matter_nvs_set_str(nvs, NS, "text", text, NULL) == MATTER_ERROR_TEXT_TOO_LONG);
    text[3999] = '\0';
    CHECK(matter_nvs_set_str(nvs, NS, "text", text, NULL) == MATTER_ERROR_NONE);
    text[0] = '\xff';
    CHECK(matter_nvs_set_str(nvs, NS, "text", text, NULL) == MATTER_ERROR_NOT_UTF8);
    CHECK(matter_nvs_set_blob(nvs, NS, "blob", blob, 508001, NULL) == MATTER_ERROR_NVS_BLOB_TOO_LONG);
    CHECK(matter_nvs_set_blob(nvs, NS, "blob", blob, 508000, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_needed_size(nvs, MATTER_NVS_VERSION_V2, &size, NULL) == MATTER_ERROR_NONE && size > 508000);
    CHECK(matter_nvs_set_blob(nvs, NS, "empty", NULL, 0, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_nvs_get_blob(nvs, NS, "empty", NULL, 0, &written, NULL) == MATTER_ERROR_NONE && written == 0);
    CHECK(matter_nvs_set_blob(nvs, NS, "blob", blob, SIZE_MAX, NULL) == MATTER_ERROR_LENGTH);
    CHECK(matter_nvs_set_u8(nvs, NS, "", 1, NULL) == MATTER_ERROR_NVS_KEY_EMPTY);
    CHECK(matter_nvs_set_u8(nvs, "", "key", 1, NULL) == MATTER_ERROR_NVS_NAMESPACE_EMPTY);
    CHECK(matter_nvs_set_u8(nvs, NS, "sixteen letters.", 1, NULL) == MATTER_ERROR_NVS_KEY_TOO_LONG);
    CHECK(matter_nvs_set_u8(nvs, "sixteen letters.", "key", 1, NULL) == MATTER_ERROR_NVS_NAMESPACE_TOO_LONG);
    CHECK(matter_nvs_encode(nvs, 0x4000, MATTER_NVS_VERSION_V2, blob, 508000, &written, &message) ==
          MATTER_ERROR_NVS_PARTITION_TOO_SMALL);
    CHECK(strstr(message.text, "0x") != NULL);
    CHECK(matter_nvs_encode(nvs, 0x4000, MATTER_NVS_VERSION_V1, blob, 508000, &written, NULL) ==
          MATTER_ERROR_NVS_BLOB_TOO_LONG);

    CHECK(matter_nvs_new(NULL, &message) == MATTER_ERROR_NULL_POINTER);
    CHECK(strcmp(message.text, "nvs is NULL") == 0);
    CHECK(matter_nvs_set_u8(NULL, NS, "key", 1, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_set_u8(nvs, NULL, "key", 1, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_set_u8(nvs, NS, NULL, 1, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_set_str(nvs, NS, "key", NULL, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_set_blob(nvs, NS, "key", NULL, 1, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_get_u8(nvs, NS, "key", NULL, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_get_blob(nvs, NS, "blob", &byte, 1, NULL, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_get_blob(nvs, NS, "blob", NULL, 1, &written, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_decode(NULL, 4096, &nvs, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_nvs_len(NULL) == 0);
    matter_nvs_free(nvs);
    free(text);
    free(blob);
}

static void nvs_image_is_encrypted_in_place(void)
{
    MatterNvs *nvs = NULL;
    size_t len, written;
    uint8_t *plain = read_file(data_folder, "factory.bin", &len);
    uint8_t *image = read_file(data_folder, "factory.bin", &len);
    uint8_t keys[4096];
    /* Two keys of 32 bytes each, and the checksum of the 64 bytes; followed by erased flash. */
    static const uint8_t crc[4] = {0x2c, 0xef, 0xcf, 0x3c};
    memset(keys, 0xff, sizeof keys);
    CHECK(matter_nvs_encrypt(image, len, keys, sizeof keys, image, len, &written, NULL) ==
          MATTER_ERROR_NVS_ENCRYPTION_KEYS_BLANK);
    CHECK(matter_nvs_encrypt(image, len, keys, 3, image, len, &written, NULL) == MATTER_ERROR_NVS_KEY_PARTITION_SIZE);
    memset(keys, 0x11, 32);
    memset(keys + 32, 0x22, 32);
    CHECK(matter_nvs_encrypt(image, len, keys, sizeof keys, image, len, &written, NULL) ==
          MATTER_ERROR_NVS_KEY_PARTITION_CRC);
    memcpy(keys + 64, crc, sizeof crc);
    CHECK(matter_nvs_encrypt(image, len, keys, sizeof keys, image, len - 1, &written, NULL) ==
          MATTER_ERROR_BUFFER_TOO_SMALL);
    CHECK(memcmp(image, plain, len) == 0);
    CHECK(matter_nvs_encrypt(image, len, keys, sizeof keys, image, len, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == len && memcmp(image, plain, len) != 0);
    CHECK(matter_nvs_decode(image, len, &nvs, NULL) == MATTER_ERROR_NVS_PERHAPS_ENCRYPTED);
    write_file(out_folder, "encrypted.bin", image, len);
    write_file(out_folder, "keys.bin", keys, sizeof keys);
    CHECK(matter_nvs_decrypt(image, len, keys, sizeof keys, image, len, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(memcmp(image, plain, len) == 0);
    free(image);
    free(plain);
}

static void codes_are_those_of_the_specification(void)
{
    MatterSetupPayload payload, read;
    MatterManualPayload manual;
    MatterMessage message;
    char text[MATTER_QR_TEXT_SIZE];
    size_t written;
    memset(&payload, 0, sizeof payload);
    payload.passcode = 20202021;
    payload.vendor_id = 0xFFF1;
    payload.product_id = 0x8000;
    payload.discriminator = 3840;
    payload.flow = MATTER_FLOW_STANDARD;
    payload.discovery = MATTER_DISCOVERY_BLE;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == 23 && strcmp(text, "MT:Y.K9042C00KA0648G00") == 0);
    CHECK(matter_qr_text_encode(&payload, NULL, 0, &written, NULL) == MATTER_ERROR_BUFFER_TOO_SMALL);
    CHECK(written == 23);
    CHECK(matter_manual_code_encode(&payload, 0, text, sizeof text, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == 12 && strcmp(text, "34970112332") == 0);
    CHECK(matter_manual_code_encode(&payload, 1, text, sizeof text, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(strcmp(text, "3497-011-2332") == 0);

    CHECK(matter_qr_text_parse("MT:Y.K9042C00KA0648G00", &read, NULL) == MATTER_ERROR_NONE);
    CHECK(read.passcode == 20202021 && read.vendor_id == 0xFFF1 && read.product_id == 0x8000);
    CHECK(read.discriminator == 3840 && read.flow == MATTER_FLOW_STANDARD && read.discovery == MATTER_DISCOVERY_BLE);
    CHECK(read.data_len == 0);
    CHECK(matter_manual_code_parse("3497-011-2332", &manual, NULL) == MATTER_ERROR_NONE);
    CHECK(manual.passcode == 20202021 && manual.short_discriminator == 15 && manual.digits == 11);
    CHECK(manual.vendor_id == 0 && manual.product_id == 0);

    CHECK(matter_setup_payload_set_serial_number(&payload, "SN-1", NULL) == MATTER_ERROR_NONE);
    CHECK(payload.data_len == 9);
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(matter_qr_text_parse(text, &read, NULL) == MATTER_ERROR_NONE);
    CHECK(read.data_len == 9 && memcmp(read.data, payload.data, 9) == 0);
    payload.data_len = MATTER_SETUP_DATA_SIZE + 1;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_CODE_DATA);
    payload.data_len = 0;

    payload.passcode = 11111111;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, &message) == MATTER_ERROR_PASSCODE_TRIVIAL);
    CHECK(strstr(message.text, "passcode") != NULL && written == 0);
    payload.passcode = 0;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_PASSCODE_TRIVIAL);
    payload.passcode = 100000000;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_PASSCODE_OUT_OF_RANGE);
    payload.passcode = 20202021;
    payload.discriminator = 4096;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) ==
          MATTER_ERROR_DISCRIMINATOR_OUT_OF_RANGE);
    payload.discriminator = 4095;
    payload.flow = 3;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_CODE_COMMISSIONING_FLOW);
    payload.flow = MATTER_FLOW_CUSTOM;
    payload.discovery = 0;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_CODE_DISCOVERY);
    payload.discovery = MATTER_DISCOVERY_BLE | MATTER_DISCOVERY_ON_NETWORK;
    payload.product_id = 0;
    CHECK(matter_qr_text_encode(&payload, text, sizeof text, &written, NULL) == MATTER_ERROR_CODE_PRODUCT_ID_MISSING);
    payload.product_id = 1;
    CHECK(matter_manual_code_encode(&payload, 0, text, sizeof text, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == 22);
    CHECK(matter_manual_code_parse(text, &manual, NULL) == MATTER_ERROR_NONE);
    CHECK(manual.digits == 21 && manual.vendor_id == 0xFFF1 && manual.product_id == 1);

    CHECK(matter_qr_text_parse("Y.K9042C00KA0648G00", &read, NULL) == MATTER_ERROR_CODE_PREFIX);
    CHECK(matter_qr_text_parse("MT:Y.K9042C00KA0648G0", &read, NULL) != MATTER_ERROR_NONE);
    CHECK(matter_qr_text_parse("MT:y.K9042C00KA0648G00", &read, &message) == MATTER_ERROR_CODE_CHARACTER);
    CHECK(strstr(message.text, "at character 3") != NULL);
    CHECK(matter_manual_code_parse("34970112333", &manual, NULL) == MATTER_ERROR_CODE_CHECK_DIGIT);
    CHECK(matter_manual_code_parse("", &manual, NULL) == MATTER_ERROR_CODE_LENGTH);
    CHECK(matter_manual_code_parse(NULL, &manual, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_qr_text_parse("MT:Y.K9042C00KA0648G00", NULL, NULL) == MATTER_ERROR_NULL_POINTER);
    CHECK(matter_qr_text_encode(NULL, text, sizeof text, &written, NULL) == MATTER_ERROR_NULL_POINTER);
}

/* The verifier of the Matter SDK's examples: passcode 20202021, salt "SPAKE2P Key Salt", 1000 iterations. */
static void verifier_is_that_of_the_examples(void)
{
    static const uint8_t start[9] = {0xb9, 0x61, 0x70, 0xaa, 0xe8, 0x03, 0x34, 0x68, 0x84};
    const uint8_t *salt = (const uint8_t *)"SPAKE2P Key Salt";
    uint8_t verifier[MATTER_VERIFIER_SIZE];
    size_t written;
    CHECK(matter_verifier_derive(20202021, 1000, salt, 16, verifier, sizeof verifier, &written, NULL) ==
          MATTER_ERROR_NONE);
    CHECK(written == MATTER_VERIFIER_SIZE && memcmp(verifier, start, sizeof start) == 0 && verifier[32] == 4);
    CHECK(matter_verifier_derive(20202021, 1000, salt, 16, verifier, 96, &written, NULL) ==
          MATTER_ERROR_BUFFER_TOO_SMALL);
    CHECK(written == MATTER_VERIFIER_SIZE);
    CHECK(matter_verifier_derive(20202021, 999, salt, 16, verifier, 97, &written, NULL) ==
          MATTER_ERROR_VERIFIER_ITERATIONS);
    CHECK(matter_verifier_derive(20202021, 1000, salt, 15, verifier, 97, &written, NULL) ==
          MATTER_ERROR_VERIFIER_SALT_LENGTH);
    CHECK(matter_verifier_derive(12345678, 1000, salt, 16, verifier, 97, &written, NULL) ==
          MATTER_ERROR_PASSCODE_TRIVIAL);
    CHECK(matter_verifier_derive(20202021, 1000, NULL, 16, verifier, 97, &written, NULL) == MATTER_ERROR_NULL_POINTER);
}

static int contains(const uint8_t *bytes, size_t len, const uint8_t *part, size_t part_len)
{
    size_t i;
    for (i = 0; i + part_len <= len; i++) {
        if (memcmp(bytes + i, part, part_len) == 0) {
            return 1;
        }
    }
    return 0;
}

static void secure_cert_is_that_of_the_tool(void)
{
    MatterSecureCert parts;
    uint8_t *image = (uint8_t *)malloc(MATTER_SECURE_CERT_SIZE);
    size_t written, expected_len, i, dac_len, pai_len, key_len;
    uint8_t *dac = read_file(data_folder, "dac.der", &dac_len);
    uint8_t *pai = read_file(data_folder, "pai.der", &pai_len);
    uint8_t *key = read_file(data_folder, "dac_key.der", &key_len);
    uint8_t *expected = read_file(data_folder, "secure_cert.bin", &expected_len);
    CHECK(image != NULL);
    memset(&parts, 0, sizeof parts);
    parts.dac.data = dac;
    parts.dac.len = dac_len;
    parts.pai.data = pai;
    parts.pai.len = pai_len;
    parts.key.data = key;
    parts.key.len = key_len;
    parts.key_storage = MATTER_KEY_STORAGE_PLAIN;
    parts.flags = MATTER_SECURE_CERT_INTEGRITY;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x1fff, &written, NULL) == MATTER_ERROR_BUFFER_TOO_SMALL);
    CHECK(written == 0x2000);
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(written == 0x2000 && memcmp(image, expected, expected_len) == 0);
    for (i = expected_len; i < written; i++) {
        CHECK(image[i] == 0xff);
    }
    write_file(out_folder, "secure_cert.bin", image, written);

    /* Without key bytes. */
    parts.key_storage = MATTER_KEY_STORAGE_EFUSE_ECDSA;
    parts.efuse_key = 3;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) ==
          MATTER_ERROR_SECURE_CERT_KEY_BYTES);
    parts.key.len = 0;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(contains(expected, expected_len, key + 7, 32) && !contains(image, written, key + 7, 32));
    write_file(out_folder, "keyless.bin", image, written);
    parts.efuse_key = 6;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) ==
          MATTER_ERROR_SECURE_CERT_EFUSE_KEY);
    parts.efuse_key = 0;
    parts.key_storage = MATTER_KEY_STORAGE_HMAC_DERIVED;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) ==
          MATTER_ERROR_SECURE_CERT_KEY_LENGTH);
    parts.key.len = 32;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) == MATTER_ERROR_NONE);
    parts.key_storage = MATTER_KEY_STORAGE_HMAC_ENCRYPTED;
    parts.key.len = key_len;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) ==
          MATTER_ERROR_SECURE_CERT_KEY_FORM);
    parts.key_storage = 4;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) == MATTER_ERROR_UNKNOWN_KIND);
    parts.key_storage = MATTER_KEY_STORAGE_PLAIN;
    parts.key.len--;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) ==
          MATTER_ERROR_SECURE_CERT_KEY_FORM);
    parts.key.len++;
    parts.dac.len--;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) ==
          MATTER_ERROR_SECURE_CERT_CERTIFICATE);
    parts.dac.len++;
    parts.flags = 2;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) == MATTER_ERROR_UNKNOWN_FLAG);
    parts.flags = 0;
    CHECK(matter_secure_cert_encode(&parts, 0x1001, image, 0x2000, &written, NULL) ==
          MATTER_ERROR_SECURE_CERT_PARTITION_SIZE);
    parts.dac.data = NULL;
    CHECK(matter_secure_cert_encode(&parts, 0x2000, image, 0x2000, &written, NULL) == MATTER_ERROR_NULL_POINTER);
    free(image);
    free(dac);
    free(pai);
    free(key);
    free(expected);
}

static void audit_finds_what_is_wrong(void)
{
    MatterAudit device;
    MatterAuditCounts counts;
    MatterBytes paas[1];
    MatterMessage message;
    size_t written, nvs_len, cert_len, cd_len, paa_len;
    char *json;
    uint8_t *nvs = read_file(data_folder, "device.bin", &nvs_len);
    uint8_t *cert = read_file(data_folder, "secure_cert.bin", &cert_len);
    uint8_t *cd = read_file(data_folder, "cd.der", &cd_len);
    uint8_t *paa = read_file(data_folder, "paa.der", &paa_len);
    memset(&device, 0, sizeof device);
    device.nvs.data = nvs;
    device.nvs.len = nvs_len;
    device.secure_cert.data = cert;
    device.secure_cert.len = cert_len;
    device.qr_text = "MT:Y.K906PF15613W6D310";
    device.manual_code = "0606-413-1436";
    paas[0].data = paa;
    paas[0].len = paa_len;
    device.paas = paas;
    device.paas_len = 1;
    device.declaration.data = cd;
    device.declaration.len = cd_len;
    /* The middle of 2026. */
    device.time = UINT64_C(1782864000);
    device.vendor_id = 0xFFF1;
    device.product_id = 0x8000;
    device.flags = MATTER_AUDIT_FOR_TESTS | MATTER_AUDIT_RECOMPUTE;
    CHECK(matter_audit_device(&device, &counts, NULL, 0, &written, NULL) == MATTER_ERROR_BUFFER_TOO_SMALL);
    CHECK(counts.errors == 0);
    json = (char *)malloc(written);
    CHECK(json != NULL);
    CHECK(matter_audit_device(&device, &counts, json, written, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(strlen(json) + 1 == written && strncmp(json, "{\"findings\":[", 13) == 0);
    CHECK(counts.errors == 0 && strstr(json, "\"test-pki\"") != NULL);
    CHECK(strstr(json, "51506401") == NULL);
    write_file(out_folder, "audit.json", json, written - 1);
    free(json);

    /* The label of another device. */
    device.manual_code = "34970112332";
    json = (char *)malloc(65536);
    CHECK(json != NULL);
    CHECK(matter_audit_device(&device, &counts, json, 65536, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(counts.errors > 0);
    CHECK(matter_audit_device(&device, NULL, json, 65536, &written, NULL) == MATTER_ERROR_NONE);
    device.flags = 1U << 31;
    CHECK(matter_audit_device(&device, &counts, json, 65536, &written, NULL) == MATTER_ERROR_UNKNOWN_FLAG);
    device.flags = 0;
    device.time = UINT64_MAX;
    CHECK(matter_audit_device(&device, &counts, json, 65536, &written, NULL) == MATTER_ERROR_AUDIT_TIME);
    device.time = 0;
    paas[0].len--;
    CHECK(matter_audit_device(&device, &counts, json, 65536, &written, &message) == MATTER_ERROR_AUDIT_PAA);
    CHECK(strncmp(message.text, "paas[0]: ", 9) == 0);
    paas[0].data = NULL;
    CHECK(matter_audit_device(&device, &counts, json, 65536, &written, NULL) == MATTER_ERROR_NULL_POINTER);
    memset(&device, 0, sizeof device);
    CHECK(matter_audit_device(&device, &counts, json, 65536, &written, NULL) == MATTER_ERROR_NONE);
    CHECK(strstr(json, "\"artifact-missing\"") != NULL);
    CHECK(matter_audit_device(NULL, &counts, json, 65536, &written, NULL) == MATTER_ERROR_NULL_POINTER);
    free(json);
    free(nvs);
    free(cert);
    free(cd);
    free(paa);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    data_folder = argv[1];
    out_folder = argv[2];
    names_and_versions();
    nvs_image_is_that_of_the_generator();
    nvs_image_is_read();
    nvs_limits_are_errors();
    nvs_image_is_encrypted_in_place();
    codes_are_those_of_the_specification();
    verifier_is_that_of_the_examples();
    secure_cert_is_that_of_the_tool();
    audit_finds_what_is_wrong();
    printf("C: %u checks\n", check_count);
    return 0;
}
