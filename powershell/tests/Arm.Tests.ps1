# The calls that the documented script makes with its token, against the emulator's own Azure Resource Manager and Key Vault,
# which verify the token's signature, audience and expiry.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator -Azure
}

AfterAll {
    Close-Emulator
}

Describe 'A token for Azure' {
    BeforeEach {
        Clear-Emulator
    }

    It 'is taken by Azure Resource Manager, as a header' {
        $himds = Get-EmulatorParameter
        $metadata = Get-HimdsMetadata @himds
        $group = "subscriptions/$($metadata.compute.subscriptionId)/resourceGroups/$($metadata.compute.resourceGroupName)"
        $call = @{
            Uri                  = "$((Get-EmulatorAddress).arm)/$($group)?api-version=2021-04-01"
            Headers              = Get-HimdsToken -Resource 'https://management.azure.com' -AsHeader @himds
            SkipCertificateCheck = $true
            NoProxy              = $true
        }
        (Invoke-RestMethod @call).name | Should -Be $metadata.compute.resourceGroupName
    }

    It 'is taken by Azure Resource Manager, as a SecureString' {
        $himds = Get-EmulatorParameter
        $metadata = Get-HimdsMetadata @himds
        $token = Get-HimdsToken -Resource 'https://management.azure.com' @himds
        $call = @{
            Uri                  = "$((Get-EmulatorAddress).arm)/subscriptions/$($metadata.compute.subscriptionId)/tagNames?api-version=2021-04-01"
            Authentication       = 'Bearer'
            Token                = $token.Token
            SkipCertificateCheck = $true
            NoProxy              = $true
        }
        { Invoke-RestMethod @call } | Should -Not -Throw
    }

    It 'is refused where it is for another audience' {
        $himds = Get-EmulatorParameter
        $metadata = Get-HimdsMetadata @himds
        $call = @{
            Uri                  = "$((Get-EmulatorAddress).arm)/subscriptions/$($metadata.compute.subscriptionId)/tagNames?api-version=2021-04-01"
            Headers              = Get-HimdsToken -Resource 'https://vault.azure.net' -AsHeader @himds
            SkipCertificateCheck = $true
            NoProxy              = $true
        }
        { Invoke-RestMethod @call } | Should -Throw
    }

    It 'is taken by Key Vault' {
        $himds = Get-EmulatorParameter
        $call = @{
            Uri                  = "$((Get-EmulatorAddress).vault)/secrets?api-version=7.4"
            Headers              = Get-HimdsToken -Resource 'https://vault.azure.net' -AsHeader @himds
            SkipCertificateCheck = $true
            NoProxy              = $true
        }
        { Invoke-RestMethod @call } | Should -Not -Throw
    }
}
