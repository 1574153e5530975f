<#
.SYNOPSIS
Reads a secret from a key vault as this machine, into a SecureString.

.DESCRIPTION
The machine's identity needs the role Key Vault Secrets User on the vault.

.EXAMPLE
$secret = ./key-vault.ps1 -Vault https://example.vault.azure.net -Name database-password
#>
[CmdletBinding()]
[OutputType([securestring])]
param(
    [Parameter(Mandatory)]
    [string] $Vault,

    [Parameter(Mandatory)]
    [string] $Name
)

$ErrorActionPreference = 'Stop'

$headers = Get-HimdsToken -Resource 'https://vault.azure.net' -AsHeader
$answer = Invoke-RestMethod -Uri "$Vault/secrets/$($Name)?api-version=7.4" -Headers $headers

$secret = [securestring]::new()
foreach ($character in $answer.value.ToCharArray()) {
    $secret.AppendChar($character)
}
$secret.MakeReadOnly()
$secret
