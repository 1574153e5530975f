@{
    RootModule             = 'Himds.psm1'
    ModuleVersion          = '0.1.0'
    GUID                   = 'ebf09ebb-3b9b-4e51-aa12-be7a8da0dbc5'
    Author                 = 'The himds authors'
    CompanyName            = 'The himds authors'
    Copyright              = '(c) The himds authors. MIT or Apache-2.0.'
    Description            = 'Managed identity tokens and instance metadata on Azure Arc-enabled servers (HIMDS) and Azure VMs (IMDS), for Windows PowerShell 5.1 and PowerShell 7. Brings no identity assembly, so it clashes with no other module.'

    PowerShellVersion      = '5.1'
    CompatiblePSEditions   = @('Desktop', 'Core')
    DotNetFrameworkVersion = '4.5.2'

    FormatsToProcess       = @('Himds.format.ps1xml')

    FunctionsToExport      = @(
        'Clear-HimdsCache'
        'Get-HimdsClaim'
        'Get-HimdsMetadata'
        'Get-HimdsSource'
        'Get-HimdsToken'
        'Test-Himds'
    )
    CmdletsToExport        = @()
    VariablesToExport      = @()
    AliasesToExport        = @()

    PrivateData            = @{
        PSData = @{
            Tags         = @('Azure', 'Arc', 'ManagedIdentity', 'IMDS', 'HIMDS', 'Token', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux')
            LicenseUri   = 'https://github.com/himds/himds/blob/main/LICENSE-MIT'
            ProjectUri   = 'https://github.com/himds/himds'
            ReleaseNotes = 'https://github.com/himds/himds/blob/main/CHANGELOG.md'
        }
    }
}
