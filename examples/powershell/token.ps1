<#
.SYNOPSIS
Shows this machine's managed identity: where its tokens come from, how long one lives, whom it names.
#>
[CmdletBinding()]
param(
    [string] $Resource = 'https://management.azure.com'
)

$ErrorActionPreference = 'Stop'

$source = Get-HimdsSource
"Source:  $($source.Source) at $($source.Endpoint), because $($source.Reason)"

$token = Get-HimdsToken -Resource $Resource
"Token:   for $($token.Resource), until $($token.ExpiresOn)"

$claims = $token | Get-HimdsClaim
"Names:   object $($claims.oid) of tenant $($claims.tid)"
