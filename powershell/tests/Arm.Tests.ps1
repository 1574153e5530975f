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

Describe 'The example' {
    BeforeAll {
        # The examples use the machine's own source; these let them use the emulator instead.
        function Invoke-Example {
            param(
                [string] $Name,

                [hashtable] $Parameters = @{}
            )

            $file = Join-Path -Path $PSScriptRoot -ChildPath "../../examples/powershell/$Name"
            $defaults = @{ 'Invoke-RestMethod:SkipCertificateCheck' = $true; 'Invoke-RestMethod:NoProxy' = $true }
            $himds = Get-EmulatorParameter
            foreach ($key in $himds.Keys) {
                $defaults["*-Himds*:$key"] = $himds[$key]
            }
            try {
                foreach ($key in $defaults.Keys) {
                    $PSDefaultParameterValues[$key] = $defaults[$key]
                }
                & $file @Parameters
            }
            finally {
                foreach ($key in $defaults.Keys) {
                    $PSDefaultParameterValues.Remove($key)
                }
            }
        }
    }

    BeforeEach {
        Clear-Emulator
    }

    It 'token.ps1 shows source, token and identity' {
        $shown = (Invoke-Example -Name 'token.ps1') -join ' '
        $shown | Should -Match 'Source:\s+Himds at'
        $shown | Should -Match 'for https://management\.azure\.com'
    }

    It 'arm.ps1 lists the resources of the group' {
        $resources = @(Invoke-Example -Name 'arm.ps1' -Parameters @{ ResourceManager = (Get-EmulatorAddress).arm })
        $resources.Count | Should -BeGreaterThan 0
        $resources[0].name | Should -Not -BeNullOrEmpty
    }

    It 'key-vault.ps1 reads a secret' {
        $secret = Invoke-Example -Name 'key-vault.ps1' -Parameters @{ Vault = (Get-EmulatorAddress).vault; Name = 'psql-cmd' }
        $secret | Should -BeOfType [securestring]
        $secret.Length | Should -BeGreaterThan 0
    }
}
