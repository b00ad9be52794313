// The header as a C++ program uses it: handles in unique_ptr, errors as exceptions. Usage: test DATA OUT.
#include "check.h"
#include "matter.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

class Error : public std::runtime_error {
public:
    Error(MatterError number, const MatterMessage &message)
        : std::runtime_error(std::string(matter_error_name(number)) + ": " + message.text), number_(number) {}
    MatterError number() const noexcept { return number_; }

private:
    MatterError number_;
};

struct Free {
    void operator()(MatterNvs *nvs) const noexcept { matter_nvs_free(nvs); }
};
using Nvs = std::unique_ptr<MatterNvs, Free>;

// Calls a function with a message after its arguments.
template <typename Function, typename... Arguments> void call(Function function, Arguments... arguments) {
    MatterMessage message;
    const MatterError error = function(arguments..., &message);
    if (error != MATTER_ERROR_NONE) {
        throw Error(error, message);
    }
}

// Calls a function twice: for the length, and for the bytes.
template <typename Write> std::vector<uint8_t> written_by(Write write) {
    size_t len = 0;
    MatterMessage message;
    MatterError error = write(nullptr, size_t{0}, &len, &message);
    if (error != MATTER_ERROR_NONE && error != MATTER_ERROR_BUFFER_TOO_SMALL) {
        throw Error(error, message);
    }
    std::vector<uint8_t> bytes(len);
    error = write(bytes.data(), bytes.size(), &len, &message);
    if (error != MATTER_ERROR_NONE) {
        throw Error(error, message);
    }
    bytes.resize(len);
    return bytes;
}

Nvs decode(const std::vector<uint8_t> &image) {
    MatterNvs *nvs = nullptr;
    call(matter_nvs_decode, image.data(), image.size(), &nvs);
    return Nvs(nvs);
}

std::vector<uint8_t> file(const char *folder, const char *name) {
    size_t len = 0;
    unsigned char *bytes = read_file(folder, name, &len);
    std::vector<uint8_t> copy(bytes, bytes + len);
    free(bytes);
    return copy;
}

// What is decoded and encoded again is the same image, also after a change and back.
void image_comes_back(const char *data, const char *out) {
    const auto image = file(data, "device.bin");
    const Nvs nvs = decode(image);
    const auto encode = [&nvs](uint8_t *bytes, size_t len, size_t *written, MatterMessage *message) {
        return matter_nvs_encode(nvs.get(), 0x6000, MATTER_NVS_VERSION_V2, bytes, len, written, message);
    };
    CHECK(written_by(encode) == image);
    uint32_t discriminator = 0;
    call(matter_nvs_get_u32, static_cast<const MatterNvs *>(nvs.get()), "chip-factory", "discriminator", &discriminator);
    CHECK(discriminator == 965);
    call(matter_nvs_set_u32, nvs.get(), "chip-factory", "discriminator", uint32_t{966});
    const auto changed = written_by(encode);
    CHECK(changed != image && changed.size() == image.size());
    write_file(out, "changed.bin", changed.data(), changed.size());
    call(matter_nvs_set_u32, nvs.get(), "chip-factory", "discriminator", uint32_t{965});
    CHECK(written_by(encode) == image);
}

void errors_are_exceptions() {
    try {
        decode(std::vector<uint8_t>(100, 0));
        CHECK(false);
    } catch (const Error &error) {
        CHECK(error.number() == MATTER_ERROR_NVS_DAMAGED);
        CHECK(std::string(error.what()).rfind("MATTER_ERROR_NVS_DAMAGED: ", 0) == 0);
    }
}

// Many threads at a time, each with its own message and buffer.
void threads_do_not_disturb_each_other() {
    std::array<std::thread, 8> threads;
    std::array<bool, 8> good{};
    for (size_t number = 0; number < threads.size(); number++) {
        threads[number] = std::thread([number, &good] {
            bool all = true;
            for (uint16_t round = 0; round < 200; round++) {
                MatterSetupPayload payload{}, read{};
                MatterMessage message;
                std::array<char, MATTER_QR_TEXT_SIZE> text;
                size_t written = 0;
                payload.passcode = 20202021;
                payload.vendor_id = static_cast<uint16_t>(number + 1);
                payload.product_id = static_cast<uint16_t>(round + 1);
                payload.discovery = MATTER_DISCOVERY_BLE;
                all = all && matter_qr_text_encode(&payload, text.data(), text.size(), &written, &message) ==
                                 MATTER_ERROR_NONE;
                all = all && matter_qr_text_parse(text.data(), &read, &message) == MATTER_ERROR_NONE;
                all = all && read.vendor_id == number + 1 && read.product_id == round + 1;
                // The message is of this thread's call.
                payload.discriminator = static_cast<uint16_t>(5000 + number);
                all = all && matter_qr_text_encode(&payload, text.data(), text.size(), &written, &message) ==
                                 MATTER_ERROR_DISCRIMINATOR_OUT_OF_RANGE;
                all = all && std::string(message.text).find(std::to_string(5000 + number)) != std::string::npos;
            }
            good[number] = all;
        });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    for (const bool all : good) {
        CHECK(all);
    }
}

void verifiers_differ_by_salt() {
    const auto derive = [](uint8_t salt_byte) {
        const std::vector<uint8_t> salt(32, salt_byte);
        return written_by([&salt](uint8_t *bytes, size_t len, size_t *written, MatterMessage *message) {
            return matter_verifier_derive(20202021, 1000, salt.data(), salt.size(), bytes, len, written, message);
        });
    };
    CHECK(derive(1).size() == MATTER_VERIFIER_SIZE);
    CHECK(derive(1) == derive(1) && derive(1) != derive(2));
}

} // namespace

int main(int argc, char **argv) {
    CHECK(argc == 3);
    try {
        image_comes_back(argv[1], argv[2]);
        errors_are_exceptions();
        threads_do_not_disturb_each_other();
        verifiers_differ_by_salt();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    std::printf("C++: %u checks\n", check_count);
    return 0;
}
