// Commissions a device with matter.js, which shares no code with the SDK: it gets the code and the trusted PAA alone.
// usage: node controller_matterjs.mjs CODE PAA_DER CD_SIGNER_DER STORAGE; prints {"commissioned", "reason", "basic"}.
import { readFileSync } from "node:fs";
import { config } from "@matter/nodejs/config";

const [code, paa, signer, storage] = process.argv.slice(2);
config.loadProcessArgv = false;
config.loadConfigFile = false;
config.defaultStoragePath = storage;

const { Environment, Seconds, ServerNode } = await import("@matter/main");
const { ControllerBehavior } = await import("@matter/main/node");
const { DclCertificateService } = await import("@matter/main/protocol");
const { QrPairingCodeCodec } = await import("@matter/main/types");
const { Certificate } = await import("@matter/protocol");

// The content of a production ledger; the test signer's certificate is the only signer of declarations.
function seed(path) {
    const der = new Uint8Array(readFileSync(path));
    const subjectKeyId = Certificate.parseAsn1Certificate(der, []).extensions.subjectKeyIdentifier;
    const hex = data => Buffer.from(data).toString("hex");
    return {
        builtAt: "2020-01-01T00:00:00Z",
        expectedCount: 1,
        entries: (async function* () {
            yield { subjectKeyId: hex(subjectKeyId), derHex: hex(der), kind: "production" };
        })(),
    };
}
await new DclCertificateService(Environment.default, {
    dclConfig: { url: "http://127.0.0.1:9" },
    fetchTestCertificates: false,
    fetchGithubCertificates: false,
    updateInterval: null,
    timeout: Seconds(1),
    seed: { paaRoots: seed(paa), cdSigners: seed(signer) },
}).construction;

// Remarks that any device of a test run gets: test declarations, trust since today, no certification in the DCL.
const remarks = new Set([
    "CertificationTypeTest",
    "CertificationTypeProvisional",
    "PaaTrustStoreTimeMismatch",
    "CertificateIdNotVerified",
]);
function faults(findings) {
    const found = findings.filter(finding => !remarks.has(finding.type));
    return found.length === 0 || `attestation: ${found.map(finding => finding.type).join(", ")}`;
}

const controller = await ServerNode.create(ServerNode.RootEndpoint.with(ControllerBehavior), {
    id: "controller",
    network: { port: 0 },
    commissioning: { enabled: false },
    controller: { adminFabricLabel: "commission" },
});
await controller.start();

let result;
try {
    const payload = code.startsWith("MT:") ? QrPairingCodeCodec.decode(code)[0] : undefined;
    const asked = payload ? { passcode: payload.passcode, discriminator: payload.discriminator } : { pairingCode: code };
    let judged = false;
    const peer = await controller.peers.commission({
        ...asked,
        timeout: Seconds(20),
        onAttestationFailure(findings) {
            judged = true;
            return faults(findings);
        },
    });
    const basic = peer.maybeStateOf("basicInformation");
    const { vendorId, productId, vendorName, productName, hardwareVersion, hardwareVersionString, serialNumber } = basic;
    result = {
        commissioned: true,
        reason: judged ? "attestation with remarks" : "attestation",
        basic: { vendorId, productId, vendorName, productName, hardwareVersion, hardwareVersionString, serialNumber },
    };
} catch (error) {
    const causes = [];
    for (let cause = error; cause && causes.length < 6; cause = cause.cause ?? cause.errors?.[0]) causes.push(cause.message);
    let reason = causes.join(" <- ");
    if (reason.includes("incorrect key confirmation")) reason = "PASE: wrong key confirmation";
    else if (reason.includes("No commissionable device was discovered")) reason = "discovery: no such device";
    else reason = reason.slice(Math.max(0, reason.indexOf("attestation:")));
    result = { commissioned: false, reason };
}
console.log(JSON.stringify(result));
process.exit(0);
