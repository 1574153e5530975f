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

    It 'is refused if it is for another audience' {
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
        function Invoke-RestMethod {
            param([string] $Uri, [hashtable] $Headers)
            $PSBoundParameters['Uri'] = $Uri.Replace('https://management.azure.com', (Get-EmulatorAddress).arm)
            Microsoft.PowerShell.Utility\Invoke-RestMethod @PSBoundParameters -SkipCertificateCheck -NoProxy
        }
        $resources = @(Invoke-Example -Name 'arm.ps1')
        $resources.Count | Should -BeGreaterThan 0
        $resources[0].name | Should -Not -BeNullOrEmpty
    }

    It 'key-vault.ps1 reads a secret' {
        $secret = Invoke-Example -Name 'key-vault.ps1' -Parameters @{ Vault = (Get-EmulatorAddress).vault; Name = 'psql-cmd' }
        $secret | Should -BeOfType [securestring]
        $secret.Length | Should -BeGreaterThan 0
    }

    It 'sql.ps1 gives Invoke-Sqlcmd a token for Azure SQL' {
        $calls = [System.Collections.Generic.List[object]]::new()
        Set-Item -Path 'function:global:Invoke-Sqlcmd' -Value {
            param($ServerInstance, $Database, $AccessToken, $Encrypt, $Query)
            $calls.Add(@{ Server = $ServerInstance; Database = $Database; Token = $AccessToken; Encrypt = $Encrypt; Query = $Query })
        }.GetNewClosure()
        try {
            Invoke-Example -Name 'sql.ps1' -Parameters @{ Server = 'example.database.windows.net'; Database = 'orders' }
        }
        finally {
            Remove-Item -Path 'function:Invoke-Sqlcmd'
        }
        $calls.Count | Should -Be 1
        $calls[0].Server | Should -Be 'example.database.windows.net'
        $calls[0].Encrypt | Should -Be 'Mandatory'
        $calls[0].Query | Should -Not -BeNullOrEmpty
        (Get-HimdsClaim -Token $calls[0].Token).aud | Should -Be 'https://database.windows.net'
    }

    It 'scheduled-task.ps1 lets the account read the keys and registers the task' {
        $calls = [System.Collections.Generic.List[string]]::new()
        # What Windows alone has.
        $names = 'Get-LocalGroupMember', 'Add-LocalGroupMember', 'New-ScheduledTaskAction', 'New-ScheduledTaskTrigger',
        'New-ScheduledTaskPrincipal', 'Register-ScheduledTask'
        foreach ($name in $names) {
            Set-Item -Path "function:global:$name" -Value { $calls.Add("$name $args") }.GetNewClosure()
        }
        try {
            Invoke-Example -Name 'scheduled-task.ps1' -Parameters @{ Account = 'CONTOSO\nightly$'; Script = 'C:\Tasks\nightly.ps1' }
        }
        finally {
            foreach ($name in $names) {
                Remove-Item -Path "function:$name"
            }
        }
        $told = $calls -join ' | '
        $told | Should -BeLike '*Add-LocalGroupMember -Group* Hybrid agent extension applications -Member* CONTOSO\nightly$*'
        $told | Should -BeLike '*New-ScheduledTaskAction*C:\Tasks\nightly.ps1*'
        $told | Should -BeLike '*Register-ScheduledTask*'
    }
}
