# The module's root: it loads the classes, which hold the logic, and then the functions over them.
Set-StrictMode -Version 3.0

# Files by name, not by wildcard: what is run is what was reviewed and signed.
. "$PSScriptRoot/Private/Get-HimdsRuntimeId.ps1"
. "$PSScriptRoot/Private/Import-HimdsLibrary.ps1"

Import-HimdsLibrary -ModuleRoot $PSScriptRoot

# Not by the manifest: a second copy of the module in a session, such as the one after an update, would not load.
if ($null -eq (Get-TypeData -TypeName 'Himds.Abi1.AccessToken')) {
    Update-TypeData -PrependPath "$PSScriptRoot/Himds.types.ps1xml"
}

. "$PSScriptRoot/Private/ConvertFrom-HimdsJson.ps1"
. "$PSScriptRoot/Private/ConvertTo-HimdsParameterName.ps1"
. "$PSScriptRoot/Private/Get-HimdsClientOption.ps1"
. "$PSScriptRoot/Private/Get-HimdsPreference.ps1"
. "$PSScriptRoot/Private/Get-HimdsRequestOption.ps1"
. "$PSScriptRoot/Private/Receive-HimdsToken.ps1"
. "$PSScriptRoot/Private/Wait-HimdsCall.ps1"
. "$PSScriptRoot/Private/Write-HimdsError.ps1"

. "$PSScriptRoot/Public/Clear-HimdsCache.ps1"
. "$PSScriptRoot/Public/Get-HimdsClaim.ps1"
. "$PSScriptRoot/Public/Get-HimdsMetadata.ps1"
. "$PSScriptRoot/Public/Get-HimdsSource.ps1"
. "$PSScriptRoot/Public/Get-HimdsToken.ps1"
. "$PSScriptRoot/Public/Test-Himds.ps1"

# The resources that scripts ask for most. Any other can be typed: this completes and does not restrict.
Register-ArgumentCompleter -CommandName 'Get-HimdsToken', 'Get-HimdsClaim' -ParameterName 'Resource' -ScriptBlock {
    $typed = ([string] $args[2]).Trim("'", '"')
    $resources = @(
        'https://management.azure.com'
        'https://vault.azure.net'
        'https://storage.azure.com'
        'https://database.windows.net'
        'https://graph.microsoft.com'
        'https://monitor.azure.com'
        'https://servicebus.azure.net'
        'https://eventhubs.azure.net'
        'https://cognitiveservices.azure.com'
        'https://azconfig.io'
        'https://ossrdbms-aad.database.windows.net'
    )
    foreach ($resource in $resources) {
        # Anywhere in it, so that `vault` is enough.
        if ($resource.IndexOf($typed, [System.StringComparison]::OrdinalIgnoreCase) -ge 0) {
            [System.Management.Automation.CompletionResult]::new($resource, $resource, 'ParameterValue', $resource)
        }
    }
}

Export-ModuleMember -Function @(
    'Clear-HimdsCache', 'Get-HimdsClaim', 'Get-HimdsMetadata', 'Get-HimdsSource', 'Get-HimdsToken', 'Test-Himds'
)
