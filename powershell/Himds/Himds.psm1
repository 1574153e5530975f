# The module's root: it loads the classes, which hold the logic, and then the functions over them.
Set-StrictMode -Version 3.0

# Files by name, not by wildcard: what is run is what was reviewed and signed.
. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/Get-HimdsRuntimeId.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/Import-HimdsLibrary.ps1')

Import-HimdsLibrary -ModuleRoot $PSScriptRoot

. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/ConvertFrom-HimdsJson.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/Get-HimdsRequestOption.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/Resolve-HimdsClient.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/Resolve-HimdsException.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/Wait-HimdsCall.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Private/Write-HimdsError.ps1')

. (Join-Path -Path $PSScriptRoot -ChildPath 'Public/Clear-HimdsCache.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Public/Get-HimdsClaim.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Public/Get-HimdsMetadata.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Public/Get-HimdsSource.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Public/Get-HimdsToken.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'Public/Test-Himds.ps1')

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
        if ($resource.StartsWith($typed, [System.StringComparison]::OrdinalIgnoreCase)) {
            [System.Management.Automation.CompletionResult]::new($resource, $resource, 'ParameterValue', $resource)
        }
    }
}

Export-ModuleMember -Function @(
    'Clear-HimdsCache', 'Get-HimdsClaim', 'Get-HimdsMetadata', 'Get-HimdsSource', 'Get-HimdsToken', 'Test-Himds'
)
