/* Made by cbindgen of the sources of matter-capi; tests/header.rs compares it. SPDX-License-Identifier: MIT OR Apache-2.0 */


#ifndef MATTER_H
#define MATTER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Matter factory data for ESP32: NVS images, onboarding codes, SPAKE2+ verifiers, secure certificates, and the audit of a
 * device's bytes.
 *
 * Every function that can fail returns a MatterError, 0 (MATTER_ERROR_NONE) when it did its work. Numbers never change their
 * meaning; matter_error_name gives the name. The last argument is NULL or a MatterMessage of the caller, which gets a
 * sentence for people; functions keep nothing between calls, so that any number of threads may call them at a time.
 *
 * What is written goes into a buffer of the caller, of buffer_len bytes. *written gets the number of bytes written; after
 * MATTER_ERROR_BUFFER_TOO_SMALL it is the number needed, so that a first call with NULL and 0 asks for it; after any other
 * error it is 0. Buffers need not be initialized. The bytes of a text include its NUL. After an error nothing else was
 * written, but for the counts of an audit whose text did not fit.
 *
 * Pointers must not be NULL unless it is said; a pointer to bytes may be when their number is 0. Texts are UTF-8 and end
 * with a NUL. Numbers and structs that are read must be initialized, and must not overlap what is written, except that a
 * buffer may be the bytes that are read. Nothing that is given is kept after the call.
 *
 * A MatterNvs is used by one thread at a time and freed once with matter_nvs_free; functions with const MatterNvs* may run
 * side by side. Enumerations are arguments as integers, so that a number without a meaning is an error.
 *
 * Passcodes, verifiers, private keys and what holds them are secrets: the library wipes its copies; the buffers are the
 * caller's to wipe.
 */

/**
 * In `MatterAudit::flags`: the device is for tests, and what only tests may have is a warning.
 */
#define MATTER_AUDIT_FOR_TESTS 1

/**
 * In `MatterAudit::flags`: derives the verifier from the label's passcode and compares it, which takes the time of one
 * verifier.
 */
#define MATTER_AUDIT_RECOMPUTE 2

/**
 * In `MatterAudit::flags`: the firmware makes its own passcode, so that no verifier is stored.
 */
#define MATTER_AUDIT_DYNAMIC_PASSCODE 4

/**
 * In `MatterAudit::flags`: the device gets its attestation credentials from elsewhere.
 */
#define MATTER_AUDIT_WITHOUT_ATTESTATION 8

/**
 * The bytes of TLV data that a QR code has room for.
 */
#define MATTER_SETUP_DATA_SIZE 142

/**
 * The bytes that the text of any QR code takes at most, with its NUL.
 */
#define MATTER_QR_TEXT_SIZE 259

/**
 * The bytes that any manual pairing code takes at most, with hyphens and its NUL.
 */
#define MATTER_MANUAL_CODE_SIZE 28

/**
 * Changes with any change of the functions, structs and numbers that a compiled program would not survive.
 */
#define MATTER_ABI_VERSION 1

/**
 * The bytes that a namespace or a key takes at most, with its NUL.
 */
#define MATTER_NVS_NAME_SIZE 16

/**
 * The bytes of a verifier.
 */
#define MATTER_VERIFIER_SIZE 97

/**
 * The bytes of a message with its NUL.
 */
#define MATTER_MESSAGE_SIZE 256

/**
 * The size of the partition in the vendor's partition tables.
 */
#define MATTER_SECURE_CERT_SIZE 8192

/**
 * In `MatterSecureCert::flags`: writes a SHA-256 of all records behind them.
 */
#define MATTER_SECURE_CERT_INTEGRITY 1

/**
 * What a function returns: 0 when it did what it is asked, else why not.
 *
 * A number never changes its meaning; later versions have more of them.
 */
enum MatterError
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No error.
     */
    MATTER_ERROR_NONE = 0,
    /**
     * A pointer is NULL that must not be.
     */
    MATTER_ERROR_NULL_POINTER = 1,
    /**
     * A length is more than any memory has.
     */
    MATTER_ERROR_LENGTH = 2,
    /**
     * A pointer is not aligned as its type needs.
     */
    MATTER_ERROR_ALIGNMENT = 3,
    /**
     * The caller's buffer is too small; the number behind `written` is the length that is needed.
     */
    MATTER_ERROR_BUFFER_TOO_SMALL = 4,
    /**
     * A text is not UTF-8.
     */
    MATTER_ERROR_NOT_UTF8 = 5,
    /**
     * A text has no NUL where its longest form would have it.
     */
    MATTER_ERROR_TEXT_TOO_LONG = 6,
    /**
     * There is not enough memory.
     */
    MATTER_ERROR_OUT_OF_MEMORY = 7,
    /**
     * A fault of the library; nothing of the result can be used.
     */
    MATTER_ERROR_INTERNAL = 8,
    /**
     * A number is none of those that its enumeration has.
     */
    MATTER_ERROR_UNKNOWN_KIND = 9,
    /**
     * A bit is set that has no meaning.
     */
    MATTER_ERROR_UNKNOWN_FLAG = 10,
    /**
     * An index is not below the number of entries.
     */
    MATTER_ERROR_INDEX_OUT_OF_RANGE = 11,
    /**
     * There is no entry with this namespace and key.
     */
    MATTER_ERROR_NOT_FOUND = 12,
    /**
     * The entry's value is of another type.
     */
    MATTER_ERROR_OTHER_TYPE = 13,
    /**
     * A blob is longer than an image can hold.
     */
    MATTER_ERROR_NVS_BLOB_TOO_LONG = 100,
    /**
     * A blob would need more than 127 chunks where it starts.
     */
    MATTER_ERROR_NVS_BLOB_TOO_MANY_CHUNKS = 101,
    /**
     * The image is damaged.
     */
    MATTER_ERROR_NVS_DAMAGED = 102,
    /**
     * A key stands twice in its namespace.
     */
    MATTER_ERROR_NVS_DUPLICATE_KEY = 103,
    /**
     * The encryption keys are all 0xFF: none were made yet.
     */
    MATTER_ERROR_NVS_ENCRYPTION_KEYS_BLANK = 104,
    /**
     * The two encryption keys are the same.
     */
    MATTER_ERROR_NVS_ENCRYPTION_KEYS_EQUAL = 105,
    /**
     * A key is empty.
     */
    MATTER_ERROR_NVS_KEY_EMPTY = 106,
    /**
     * The checksum of the partition with the encryption keys is wrong.
     */
    MATTER_ERROR_NVS_KEY_PARTITION_CRC = 107,
    /**
     * The partition with the encryption keys is too short.
     */
    MATTER_ERROR_NVS_KEY_PARTITION_SIZE = 108,
    /**
     * A key has more than 15 bytes.
     */
    MATTER_ERROR_NVS_KEY_TOO_LONG = 109,
    /**
     * A namespace's name is empty.
     */
    MATTER_ERROR_NVS_NAMESPACE_EMPTY = 110,
    /**
     * A namespace's name has more than 15 bytes.
     */
    MATTER_ERROR_NVS_NAMESPACE_TOO_LONG = 111,
    /**
     * The image is perhaps encrypted, or was decrypted with other keys.
     */
    MATTER_ERROR_NVS_PERHAPS_ENCRYPTED = 112,
    /**
     * The partition's size is not a multiple of 4096 in 0x1000 to 0x7FFFF000.
     */
    MATTER_ERROR_NVS_PARTITION_SIZE = 113,
    /**
     * The entries need a larger partition; the message says which.
     */
    MATTER_ERROR_NVS_PARTITION_TOO_SMALL = 114,
    /**
     * A string has more than 3999 bytes.
     */
    MATTER_ERROR_NVS_STRING_TOO_LONG = 115,
    /**
     * There are more than 254 namespaces.
     */
    MATTER_ERROR_NVS_TOO_MANY_NAMESPACES = 116,
    /**
     * Another error of NVS images, which a later version may tell apart.
     */
    MATTER_ERROR_NVS_OTHER = 199,
    /**
     * A discriminator is above 4095.
     */
    MATTER_ERROR_DISCRIMINATOR_OUT_OF_RANGE = 200,
    /**
     * A passcode is not in 1 to 99999998.
     */
    MATTER_ERROR_PASSCODE_OUT_OF_RANGE = 201,
    /**
     * A passcode is one of the twelve that no device may use.
     */
    MATTER_ERROR_PASSCODE_TRIVIAL = 202,
    /**
     * A product id is 0 where one is needed.
     */
    MATTER_ERROR_PRODUCT_ID_OUT_OF_RANGE = 203,
    /**
     * A vendor id is not in 1 to 0xFFF4.
     */
    MATTER_ERROR_VENDOR_ID_OUT_OF_RANGE = 204,
    /**
     * Another error of a value, which a later version may tell apart.
     */
    MATTER_ERROR_VALUE_OTHER = 299,
    /**
     * A character is not allowed in the code.
     */
    MATTER_ERROR_CODE_CHARACTER = 300,
    /**
     * The last digit is not the check digit of the others.
     */
    MATTER_ERROR_CODE_CHECK_DIGIT = 301,
    /**
     * The commissioning flow is not 0, 1 or 2.
     */
    MATTER_ERROR_CODE_COMMISSIONING_FLOW = 302,
    /**
     * The TLV data are refused.
     */
    MATTER_ERROR_CODE_DATA = 303,
    /**
     * The discovery capabilities are 0, or have a reserved bit.
     */
    MATTER_ERROR_CODE_DISCOVERY = 304,
    /**
     * The code does not have a length that codes have.
     */
    MATTER_ERROR_CODE_LENGTH = 305,
    /**
     * A group of characters or digits says more than its bits can hold.
     */
    MATTER_ERROR_CODE_OVERFLOW = 306,
    /**
     * The padding is not zero.
     */
    MATTER_ERROR_CODE_PADDING = 307,
    /**
     * The text does not start with `MT:`.
     */
    MATTER_ERROR_CODE_PREFIX = 308,
    /**
     * There is a vendor id and no product id.
     */
    MATTER_ERROR_CODE_PRODUCT_ID_MISSING = 309,
    /**
     * Several payloads are joined where one is expected.
     */
    MATTER_ERROR_CODE_SEVERAL_PAYLOADS = 310,
    /**
     * The version is not 0.
     */
    MATTER_ERROR_CODE_VERSION = 311,
    /**
     * Another error of codes, which a later version may tell apart.
     */
    MATTER_ERROR_CODE_OTHER = 399,
    /**
     * The salt gives a verifier that cannot be used; another salt is needed.
     */
    MATTER_ERROR_VERIFIER_DEGENERATE = 400,
    /**
     * The iteration count is not in 1000 to 100000.
     */
    MATTER_ERROR_VERIFIER_ITERATIONS = 401,
    /**
     * The salt does not have 16 to 32 bytes.
     */
    MATTER_ERROR_VERIFIER_SALT_LENGTH = 402,
    /**
     * Another error of verifiers, which a later version may tell apart.
     */
    MATTER_ERROR_VERIFIER_OTHER = 499,
    /**
     * A certificate is neither one DER SEQUENCE nor a PEM block.
     */
    MATTER_ERROR_SECURE_CERT_CERTIFICATE = 500,
    /**
     * Data is longer than a record can hold.
     */
    MATTER_ERROR_SECURE_CERT_DATA_TOO_LONG = 501,
    /**
     * The number of the eFuse key block is not in 0 to 5.
     */
    MATTER_ERROR_SECURE_CERT_EFUSE_KEY = 502,
    /**
     * Bytes of a key are given where none may get into the partition.
     */
    MATTER_ERROR_SECURE_CERT_KEY_BYTES = 503,
    /**
     * The private key is not in the form of SEC 1, DER or PEM.
     */
    MATTER_ERROR_SECURE_CERT_KEY_FORM = 504,
    /**
     * The salt of a derived key, or an encrypted key, does not have the length of one.
     */
    MATTER_ERROR_SECURE_CERT_KEY_LENGTH = 505,
    /**
     * The records do not fit into the partition.
     */
    MATTER_ERROR_SECURE_CERT_PARTITION_FULL = 506,
    /**
     * The partition's size is not a multiple of 0x1000 in 0x1000 to 0x10000.
     */
    MATTER_ERROR_SECURE_CERT_PARTITION_SIZE = 507,
    /**
     * Another error of secure certificates, which a later version may tell apart.
     */
    MATTER_ERROR_SECURE_CERT_OTHER = 599,
    /**
     * A trusted PAA is not a certificate that can be one.
     */
    MATTER_ERROR_AUDIT_PAA = 600,
    /**
     * The time is after the year 9999.
     */
    MATTER_ERROR_AUDIT_TIME = 601,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum MatterError MatterError;
#else
typedef int32_t MatterError;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a value is. The numbers are those in an image (ESP-IDF, "NVS: structure of entry"); texts and blobs of either
 * version have one each.
 */
enum MatterNvsKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * An unsigned 8-bit integer.
     */
    MATTER_NVS_KIND_U8 = 1,
    /**
     * A signed 8-bit integer.
     */
    MATTER_NVS_KIND_I8 = 17,
    /**
     * An unsigned 16-bit integer.
     */
    MATTER_NVS_KIND_U16 = 2,
    /**
     * A signed 16-bit integer.
     */
    MATTER_NVS_KIND_I16 = 18,
    /**
     * An unsigned 32-bit integer.
     */
    MATTER_NVS_KIND_U32 = 4,
    /**
     * A signed 32-bit integer.
     */
    MATTER_NVS_KIND_I32 = 20,
    /**
     * An unsigned 64-bit integer.
     */
    MATTER_NVS_KIND_U64 = 8,
    /**
     * A signed 64-bit integer.
     */
    MATTER_NVS_KIND_I64 = 24,
    /**
     * A 32-bit IEEE 754 number.
     */
    MATTER_NVS_KIND_FLOAT = 36,
    /**
     * A 64-bit IEEE 754 number.
     */
    MATTER_NVS_KIND_DOUBLE = 40,
    /**
     * A text.
     */
    MATTER_NVS_KIND_STR = 33,
    /**
     * Bytes.
     */
    MATTER_NVS_KIND_BLOB = 66,
    /**
     * A type of a later version.
     */
    MATTER_NVS_KIND_OTHER = 255,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum MatterNvsKind MatterNvsKind;
#else
typedef int32_t MatterNvsKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where a device that is not commissioned is found; the bits can be added.
 */
enum MatterDiscovery
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Bluetooth Low Energy.
     */
    MATTER_DISCOVERY_BLE = 2,
    /**
     * The IP network.
     */
    MATTER_DISCOVERY_ON_NETWORK = 4,
    /**
     * Wi-Fi Public Action Frames.
     */
    MATTER_DISCOVERY_WIFI_PAF = 8,
    /**
     * Near Field Communication.
     */
    MATTER_DISCOVERY_NFC = 16,
    /**
     * Thread.
     */
    MATTER_DISCOVERY_THREAD = 32,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum MatterDiscovery MatterDiscovery;
#else
typedef uint8_t MatterDiscovery;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a device is commissioned.
 */
enum MatterFlow
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * As soon as it has power.
     */
    MATTER_FLOW_STANDARD = 0,
    /**
     * After a press of a button or the like.
     */
    MATTER_FLOW_USER_INTENT = 1,
    /**
     * As the vendor says.
     */
    MATTER_FLOW_CUSTOM = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum MatterFlow MatterFlow;
#else
typedef uint8_t MatterFlow;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Where the private key of a device is, and what `key` is therefore.
 */
enum MatterKeyStorage
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * In the partition as it is: `key` is the key in the form of SEC 1, DER or PEM.
     */
    MATTER_KEY_STORAGE_PLAIN = 0,
    /**
     * In an eFuse block that the ECDSA peripheral reads: `key` is empty.
     */
    MATTER_KEY_STORAGE_EFUSE_ECDSA = 1,
    /**
     * Derived by the HMAC peripheral: `key` is the salt, 16 to 64 bytes, of which the firmware draws 32.
     */
    MATTER_KEY_STORAGE_HMAC_DERIVED = 2,
    /**
     * In the partition, encrypted under a key that the HMAC peripheral derives: `key` is the ciphertext with its tag.
     */
    MATTER_KEY_STORAGE_HMAC_ENCRYPTED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum MatterKeyStorage MatterKeyStorage;
#else
typedef int32_t MatterKeyStorage;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How blobs are stored in an image.
 */
enum MatterNvsVersion
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * In one piece of at most 1984 bytes, as ESP-IDF before 4.0 reads it.
     */
    MATTER_NVS_VERSION_V1 = 1,
    /**
     * In chunks over several pages.
     */
    MATTER_NVS_VERSION_V2 = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum MatterNvsVersion MatterNvsVersion;
#else
typedef int32_t MatterNvsVersion;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Namespaces, keys and values, in the order in which they are written to an image. It is only reached through its
 * functions, by one thread at a time; `matter_nvs_free` frees it.
 */
typedef struct MatterNvs MatterNvs;

/**
 * Bytes that the caller has: `len` of them at `data`, which may be NULL when there are none.
 */
typedef struct MatterBytes {
    /**
     * The first byte.
     */
    const uint8_t *data;
    /**
     * How many there are.
     */
    size_t len;
} MatterBytes;

/**
 * What there is of a device, and what it is to be. All of it can be left out: zeros, lengths of 0 and NULL.
 */
typedef struct MatterAudit {
    /**
     * The image of the NVS partition.
     */
    struct MatterBytes nvs;
    /**
     * The partition with the keys of an encrypted NVS image.
     */
    struct MatterBytes nvs_keys;
    /**
     * The image of the `esp_secure_cert` partition.
     */
    struct MatterBytes secure_cert;
    /**
     * The size of that partition; 0 for 0x2000.
     */
    size_t secure_cert_size;
    /**
     * The text of the QR code, or NULL.
     */
    const char *qr_text;
    /**
     * The manual pairing code, or NULL.
     */
    const char *manual_code;
    /**
     * Trusted PAAs in DER, `paas_len` of them.
     */
    const struct MatterBytes *paas;
    /**
     * How many there are.
     */
    size_t paas_len;
    /**
     * The Certification Declaration that the device must have, in its CMS envelope.
     */
    struct MatterBytes declaration;
    /**
     * When certificates have to be valid, in seconds from the start of 1970; 0 for never.
     */
    uint64_t time;
    /**
     * The vendor id that the device must have, with the product id; 0 for any.
     */
    uint16_t vendor_id;
    /**
     * The product id that the device must have.
     */
    uint16_t product_id;
    /**
     * A sum of `MATTER_AUDIT_FOR_TESTS` and the others.
     */
    uint32_t flags;
} MatterAudit;

/**
 * How many findings there are.
 */
typedef struct MatterAuditCounts {
    /**
     * Rules that are broken.
     */
    size_t errors;
    /**
     * What is allowed and likely a mistake.
     */
    size_t warnings;
    /**
     * What is worth knowing.
     */
    size_t notes;
} MatterAuditCounts;

/**
 * A sentence about the last call that got it, for people: it may change with any version. It never holds a secret.
 *
 * It belongs to the caller, so that each thread has its own.
 */
typedef struct MatterMessage {
    /**
     * UTF-8 with a NUL at its end; empty without an error, and cut when it is longer.
     */
    char text[MATTER_MESSAGE_SIZE];
} MatterMessage;

/**
 * What a QR code says (Matter Core Specification 5.1.3). It holds the passcode, which is a secret.
 */
typedef struct MatterSetupPayload {
    /**
     * The passcode, 1 to 99999998 without the twelve trivial ones.
     */
    uint32_t passcode;
    /**
     * The vendor id, 1 to 0xFFF4; 0 for none.
     */
    uint16_t vendor_id;
    /**
     * The product id, 1 to 0xFFFF; 0 for none.
     */
    uint16_t product_id;
    /**
     * The discriminator, 0 to 4095.
     */
    uint16_t discriminator;
    /**
     * The bytes of TLV data behind the fixed part; 0 for none.
     */
    uint16_t data_len;
    /**
     * How the device is commissioned: a `MatterFlow`.
     */
    uint8_t flow;
    /**
     * Where the device is found: a sum of `MatterDiscovery`.
     */
    uint8_t discovery;
    /**
     * The TLV data.
     */
    uint8_t data[MATTER_SETUP_DATA_SIZE];
} MatterSetupPayload;

/**
 * What a manual pairing code says (Matter Core Specification 5.1.4). It holds the passcode, which is a secret.
 */
typedef struct MatterManualPayload {
    /**
     * The passcode.
     */
    uint32_t passcode;
    /**
     * The vendor id, or 0 for none.
     */
    uint16_t vendor_id;
    /**
     * The product id, or 0 for none.
     */
    uint16_t product_id;
    /**
     * The top four bits of the discriminator.
     */
    uint8_t short_discriminator;
    /**
     * The digits of the code: 11, or 21 with ids, where the flow is not the standard one.
     */
    uint8_t digits;
} MatterManualPayload;

/**
 * What an entry is, without its value.
 */
typedef struct MatterNvsEntry {
    /**
     * The namespace, with a NUL at its end.
     */
    char name_space[MATTER_NVS_NAME_SIZE];
    /**
     * The key, with a NUL at its end.
     */
    char key[MATTER_NVS_NAME_SIZE];
    /**
     * What the value is.
     */
    MatterNvsKind kind;
    /**
     * The bytes of the value; those of a text with its NUL.
     */
    size_t len;
} MatterNvsEntry;

/**
 * What an `esp_secure_cert` partition gets.
 */
typedef struct MatterSecureCert {
    /**
     * The device's certificate, DER or PEM.
     */
    struct MatterBytes dac;
    /**
     * The certificate that signed it, DER or PEM.
     */
    struct MatterBytes pai;
    /**
     * What `key_storage` says.
     */
    struct MatterBytes key;
    /**
     * Where the private key is: a `MatterKeyStorage`.
     */
    int32_t key_storage;
    /**
     * For `MATTER_KEY_STORAGE_EFUSE_ECDSA` the key block, 0 to 5; else 0.
     */
    uint32_t efuse_key;
    /**
     * A sum of `MATTER_SECURE_CERT_INTEGRITY`.
     */
    uint32_t flags;
} MatterSecureCert;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Audits a device by nothing but its bytes. `buffer` gets a text in JSON, `{"findings": [{"id", "severity", "object",
 * "text", "sdk_code", "remedy"}], "summary": {"errors", "warnings", "notes"}}`, in which `sdk_code` and `remedy` may be
 * missing; there is no secret in it. `counts`, which may be NULL, gets the numbers alone. A finding is not an error of
 * this function.
 */
MatterError matter_audit_device(const struct MatterAudit *device,
                                struct MatterAuditCounts *counts,
                                char *buffer,
                                size_t buffer_len,
                                size_t *written,
                                struct MatterMessage *message);

/**
 * Writes the text of the QR code.
 */
MatterError matter_qr_text_encode(const struct MatterSetupPayload *payload,
                                  char *buffer,
                                  size_t buffer_len,
                                  size_t *written,
                                  struct MatterMessage *message);

/**
 * Reads the text of a QR code strictly.
 */
MatterError matter_qr_text_parse(const char *qr_text,
                                 struct MatterSetupPayload *payload,
                                 struct MatterMessage *message);

/**
 * Writes the manual pairing code: 11 digits for the standard flow, else 21. With `grouped` other than 0 it has hyphens, as
 * it is printed.
 */
MatterError matter_manual_code_encode(const struct MatterSetupPayload *payload,
                                      int32_t grouped,
                                      char *buffer,
                                      size_t buffer_len,
                                      size_t *written,
                                      struct MatterMessage *message);

/**
 * Reads a manual pairing code, with or without hyphens.
 */
MatterError matter_manual_code_parse(const char *manual_code,
                                     struct MatterManualPayload *payload,
                                     struct MatterMessage *message);

/**
 * Puts a serial number of 1 to 32 bytes into the TLV data of a payload that is valid but for that.
 */
MatterError matter_setup_payload_set_serial_number(struct MatterSetupPayload *payload,
                                                   const char *serial_number,
                                                   struct MatterMessage *message);

/**
 * Returns the version of the library's interface: a program that was compiled with another `MATTER_ABI_VERSION` must not
 * call it.
 */
uint32_t matter_abi_version(void);

/**
 * Returns the library's version, as `0.1.0`. The text is never freed.
 */
const char *matter_version(void);

/**
 * Returns the name of an error's number, as `MATTER_ERROR_NULL_POINTER`, or `unknown error number`. The text is never
 * freed.
 */
const char *matter_error_name(int32_t error);

/**
 * Makes a list without entries.
 */
MatterError matter_nvs_new(struct MatterNvs **nvs, struct MatterMessage *message);

/**
 * Reads an image strictly: what the firmware would drop, erase or refuse is an error.
 */
MatterError matter_nvs_decode(const uint8_t *image,
                              size_t image_len,
                              struct MatterNvs **nvs,
                              struct MatterMessage *message);

/**
 * Reads of an image what the firmware reads when it has mounted it, whatever is damaged. `faults` gets the number of faults
 * that `matter_nvs_decode` would refuse the image for.
 */
MatterError matter_nvs_recover(const uint8_t *image,
                               size_t image_len,
                               struct MatterNvs **nvs,
                               size_t *faults,
                               struct MatterMessage *message);

/**
 * Frees a list and wipes its values. NULL is allowed.
 */
void matter_nvs_free(struct MatterNvs *nvs);

/**
 * Returns the number of entries; 0 for NULL.
 */
size_t matter_nvs_len(const struct MatterNvs *nvs);

/**
 * Tells what the entry with an index below `matter_nvs_len` is. The entries are in the order of the image.
 */
MatterError matter_nvs_entry(const struct MatterNvs *nvs,
                             size_t index,
                             struct MatterNvsEntry *entry,
                             struct MatterMessage *message);

/**
 * Removes an entry.
 */
MatterError matter_nvs_remove(struct MatterNvs *nvs,
                              const char *name_space,
                              const char *key,
                              struct MatterMessage *message);

/**
 * Finds the size of the smallest partition that holds the entries and that the firmware can write to.
 */
MatterError matter_nvs_needed_size(const struct MatterNvs *nvs,
                                   int32_t version,
                                   uint32_t *size,
                                   struct MatterMessage *message);

/**
 * Writes the image of a partition of `size` bytes, byte for byte as ESP-IDF's generator lays it out. `version` is a
 * `MatterNvsVersion`. A partition of one or two pages, which the firmware only reads, gives the pages in use.
 */
MatterError matter_nvs_encode(const struct MatterNvs *nvs,
                              uint32_t size,
                              int32_t version,
                              uint8_t *buffer,
                              size_t buffer_len,
                              size_t *written,
                              struct MatterMessage *message);

/**
 * Encrypts an image under the keys of a key partition (ESP-IDF, "NVS Encryption"). `buffer` may be `image`.
 */
MatterError matter_nvs_encrypt(const uint8_t *image,
                               size_t image_len,
                               const uint8_t *keys,
                               size_t keys_len,
                               uint8_t *buffer,
                               size_t buffer_len,
                               size_t *written,
                               struct MatterMessage *message);

/**
 * Decrypts an image: undoes `matter_nvs_encrypt`. Wrong keys give an image that cannot be read.
 */
MatterError matter_nvs_decrypt(const uint8_t *image,
                               size_t image_len,
                               const uint8_t *keys,
                               size_t keys_len,
                               uint8_t *buffer,
                               size_t buffer_len,
                               size_t *written,
                               struct MatterMessage *message);

/**
 * Sets an unsigned 8-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_u8(struct MatterNvs *nvs,
                              const char *name_space,
                              const char *key,
                              uint8_t value,
                              struct MatterMessage *message);

/**
 * Gets an unsigned 8-bit integer.
 */
MatterError matter_nvs_get_u8(const struct MatterNvs *nvs,
                              const char *name_space,
                              const char *key,
                              uint8_t *value,
                              struct MatterMessage *message);

/**
 * Sets a signed 8-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_i8(struct MatterNvs *nvs,
                              const char *name_space,
                              const char *key,
                              int8_t value,
                              struct MatterMessage *message);

/**
 * Gets a signed 8-bit integer.
 */
MatterError matter_nvs_get_i8(const struct MatterNvs *nvs,
                              const char *name_space,
                              const char *key,
                              int8_t *value,
                              struct MatterMessage *message);

/**
 * Sets an unsigned 16-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_u16(struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               uint16_t value,
                               struct MatterMessage *message);

/**
 * Gets an unsigned 16-bit integer.
 */
MatterError matter_nvs_get_u16(const struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               uint16_t *value,
                               struct MatterMessage *message);

/**
 * Sets a signed 16-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_i16(struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               int16_t value,
                               struct MatterMessage *message);

/**
 * Gets a signed 16-bit integer.
 */
MatterError matter_nvs_get_i16(const struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               int16_t *value,
                               struct MatterMessage *message);

/**
 * Sets an unsigned 32-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_u32(struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               uint32_t value,
                               struct MatterMessage *message);

/**
 * Gets an unsigned 32-bit integer.
 */
MatterError matter_nvs_get_u32(const struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               uint32_t *value,
                               struct MatterMessage *message);

/**
 * Sets a signed 32-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_i32(struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               int32_t value,
                               struct MatterMessage *message);

/**
 * Gets a signed 32-bit integer.
 */
MatterError matter_nvs_get_i32(const struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               int32_t *value,
                               struct MatterMessage *message);

/**
 * Sets an unsigned 64-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_u64(struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               uint64_t value,
                               struct MatterMessage *message);

/**
 * Gets an unsigned 64-bit integer.
 */
MatterError matter_nvs_get_u64(const struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               uint64_t *value,
                               struct MatterMessage *message);

/**
 * Sets a signed 64-bit integer: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_i64(struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               int64_t value,
                               struct MatterMessage *message);

/**
 * Gets a signed 64-bit integer.
 */
MatterError matter_nvs_get_i64(const struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               int64_t *value,
                               struct MatterMessage *message);

/**
 * Sets a 32-bit IEEE 754 number: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_float(struct MatterNvs *nvs,
                                 const char *name_space,
                                 const char *key,
                                 float value,
                                 struct MatterMessage *message);

/**
 * Gets a 32-bit IEEE 754 number.
 */
MatterError matter_nvs_get_float(const struct MatterNvs *nvs,
                                 const char *name_space,
                                 const char *key,
                                 float *value,
                                 struct MatterMessage *message);

/**
 * Sets a 64-bit IEEE 754 number: replaces the value of the key, or adds an entry behind the others.
 */
MatterError matter_nvs_set_double(struct MatterNvs *nvs,
                                  const char *name_space,
                                  const char *key,
                                  double value,
                                  struct MatterMessage *message);

/**
 * Gets a 64-bit IEEE 754 number.
 */
MatterError matter_nvs_get_double(const struct MatterNvs *nvs,
                                  const char *name_space,
                                  const char *key,
                                  double *value,
                                  struct MatterMessage *message);

/**
 * Sets a text of at most 3999 bytes of UTF-8.
 */
MatterError matter_nvs_set_str(struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               const char *value,
                               struct MatterMessage *message);

/**
 * Gets a text with its NUL.
 */
MatterError matter_nvs_get_str(const struct MatterNvs *nvs,
                               const char *name_space,
                               const char *key,
                               char *buffer,
                               size_t buffer_len,
                               size_t *written,
                               struct MatterMessage *message);

/**
 * Sets a blob of at most 508000 bytes.
 */
MatterError matter_nvs_set_blob(struct MatterNvs *nvs,
                                const char *name_space,
                                const char *key,
                                const uint8_t *value,
                                size_t value_len,
                                struct MatterMessage *message);

/**
 * Gets a blob.
 */
MatterError matter_nvs_get_blob(const struct MatterNvs *nvs,
                                const char *name_space,
                                const char *key,
                                uint8_t *buffer,
                                size_t buffer_len,
                                size_t *written,
                                struct MatterMessage *message);

/**
 * Writes an `esp_secure_cert` partition of `size` bytes, a multiple of 0x1000 up to 0x10000: PAI, DAC and key, and
 * 0xFF behind them. With a plain key, which is a secret, the bytes are those of `configure_esp_secure_cert.py` 2.6.1.
 */
MatterError matter_secure_cert_encode(const struct MatterSecureCert *secure_cert,
                                      size_t size,
                                      uint8_t *buffer,
                                      size_t buffer_len,
                                      size_t *written,
                                      struct MatterMessage *message);

/**
 * Derives the SPAKE2+ verifier of a passcode (Matter Core Specification 3.10): w0 and L, 97 bytes, which are a secret. The
 * salt has 16 to 32 bytes, the iterations are 1000 to 100000.
 */
MatterError matter_verifier_derive(uint32_t passcode,
                                   uint32_t iterations,
                                   const uint8_t *salt,
                                   size_t salt_len,
                                   uint8_t *buffer,
                                   size_t buffer_len,
                                   size_t *written,
                                   struct MatterMessage *message);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MATTER_H */
