// Other makers' Node clients: prints the token that each gets.
const STORAGE = "https://storage.azure.com";
const RESOURCE_ID =
    "/subscriptions/00000000-0000-0000-0000-00000000abcd/resourceGroups/arc-servers" +
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app";

if (process.argv[2] === "identity") {
    const { ManagedIdentityCredential } = await import("@azure/identity");
    console.log((await new ManagedIdentityCredential().getToken(STORAGE + "/.default")).token);
} else {
    const { loginWithVmMSI } = (await import("@azure/ms-rest-nodeauth")).default;
    const credentials = await loginWithVmMSI({ resource: STORAGE, msiResId: process.argv[3] ? RESOURCE_ID : undefined });
    console.log((await credentials.getToken()).accessToken);
}
