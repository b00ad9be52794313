// A Matter light on matter.js with the values that firmware reads from its partitions, without its passcode.
// usage: node device.mjs BUNDLE STORAGE (see bundle.py); prints "ready" when it advertises itself.
import { readFileSync } from "node:fs";
import { createPrivateKey } from "node:crypto";
import { config } from "@matter/nodejs/config";

const [folder, storage] = process.argv.slice(2);
config.loadProcessArgv = false;
config.loadConfigFile = false;
config.defaultStoragePath = storage;

const { Endpoint, ServerNode, VendorId } = await import("@matter/main");
const { CommissioningServer } = await import("@matter/main/node");
const { Dac, Pai, PaseServer, SecureChannelProtocol, SessionManager } = await import("@matter/main/protocol");
const { OnOffLightDevice } = await import("@matter/main/devices/on-off-light");
const { PrivateKey } = await import("@matter/general");

const values = JSON.parse(readFileSync(`${folder}/device.json`, "utf8"));
const bytes = name => new Uint8Array(readFileSync(`${folder}/${name}.bin`));
const base64 = text => new Uint8Array(Buffer.from(text, "base64"));

// A scalar of 32 bytes, or SEC 1.
function dacKey() {
    const key = bytes("key");
    if (key.length === 32) return key;
    const { d } = createPrivateKey({ key: Buffer.from(key), format: "der", type: "sec1" }).export({ format: "jwk" });
    return new Uint8Array(Buffer.from(d, "base64url"));
}

// matter.js compares the certificates with the product on the device's side, so faulty ones would never reach a
// commissioner, nor those of another origin (dac_origin_vendor_id). Firmware does not check them.
Dac.fromAsn1 = Pai.fromAsn1 = () => ({ cert: { subject: {} } });

// Serves the stored verifier instead of a passcode.
class StoredVerifier extends CommissioningServer {
    async enterCommissionableMode() {
        await super.enterCommissionableMode();
        const pase = PaseServer.fromVerificationValue(this.env.get(SessionManager), base64(values.verifier), {
            iterations: values.iterations,
            salt: base64(values.salt),
        });
        this.env.get(SecureChannelProtocol).setPaseCommissioner(pase);
    }

    initiateCommissioning() {}
}

const node = await ServerNode.create(ServerNode.RootEndpoint.with(StoredVerifier), {
    id: "device",
    network: { port: 5540 },
    commissioning: { discriminator: values.discriminator },
    productDescription: { name: values.productName, deviceType: OnOffLightDevice.deviceType },
    basicInformation: {
        vendorId: VendorId(values.vendorId),
        productId: values.productId,
        vendorName: values.vendorName,
        productName: values.productName,
        hardwareVersion: values.hardwareVersion,
        hardwareVersionString: values.hardwareVersionString,
        serialNumber: values.serialNumber,
        uniqueId: "simulated",
    },
    operationalCredentials: {
        certification: {
            privateKey: PrivateKey(dacKey()),
            certificate: bytes("dac"),
            intermediateCertificate: bytes("pai"),
            declaration: bytes("cd"),
        },
    },
});
await node.add(new Endpoint(OnOffLightDevice, { id: "light" }));
await node.start();
console.log("ready");
