# Every kind of error that can be provoked, and the form in which errors come.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'The error id' {
    BeforeEach {
        Clear-Emulator
    }

    It 'is Himds.<Kind> where the service answers so: <Because>' -ForEach @(
        @{ Kind = 'challenge_invalid'; Because = 'no realm'; Fault = '{"on": "challenge", "www_authenticate": ["Bearer x"]}' }
        @{ Kind = 'challenge_invalid'; Because = 'no challenge at all'; Fault = '{"no_challenge": true}' }
        @{ Kind = 'key_file_rejected'; Because = 'a link'; Fault = '{"on": "challenge", "key": {"kind": "symlink"}}' }
        @{ Kind = 'key_file_rejected'; Because = 'a directory'; Fault = '{"on": "challenge", "key": {"kind": "directory"}}' }
        @{ Kind = 'key_file_unreadable'; Because = 'no file'; Fault = '{"on": "challenge", "key": {"kind": "missing"}}' }
        @{ Kind = 'key_refused'; Because = 'a second challenge'; Fault = '{"refuse_key": true, "count": 0}' }
        @{ Kind = 'service'; Because = 'an error of Entra'; Fault = '{"on": "key", "preset": "entra"}' }
        @{ Kind = 'service'; Because = 'a redirect'; Fault = '{"on": "challenge", "preset": "redirect"}' }
        @{ Kind = 'response_invalid'; Because = 'no JSON'; Fault = '{"on": "key", "preset": "not_json"}' }
        @{ Kind = 'throttled'; Because = '429 to the end'; Fault = '{"preset": "throttled", "count": 0}' }
        @{ Kind = 'transport'; Because = 'a reset'; Fault = '{"on": "any", "count": 0, "wire": {"action": "reset", "after": "nothing"}}' }
        @{ Kind = 'timeout'; Because = 'no answer'; Fault = '{"on": "any", "count": 0, "wire": {"action": "hang", "after": "nothing"}}' }
    ) {
        Add-EmulatorFault -Json $Fault
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -TimeoutSec 1.5 @himds -ErrorAction Continue 2>&1
        $failure | Should -BeOfType [System.Management.Automation.ErrorRecord]
        $failure.FullyQualifiedErrorId | Should -Be "Himds.$Kind,Get-HimdsToken"
        $failure.Exception.Kind | Should -Be $Kind
    }

    It 'is Himds.invalid_argument for an empty resource' {
        $failure = Get-HimdsToken -Resource '' -Source 'Himds' -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.invalid_argument,Get-HimdsToken'
        @(Get-EmulatorRequest).Count | Should -Be 0
    }

    It 'is Himds.invalid_argument for a time-out of <Seconds>' -ForEach @(
        @{ Seconds = 0 }
        @{ Seconds = -1 }
        @{ Seconds = [double]::NaN }
    ) {
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -TimeoutSec $Seconds @himds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.invalid_argument,Get-HimdsToken'
    }

    It 'is Himds.invalid_argument for a wait of <Seconds>' -ForEach @(
        @{ Seconds = -1 }
        @{ Seconds = [double]::NaN }
    ) {
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -WaitForServiceSec $Seconds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.invalid_argument,Get-HimdsToken'
    }

    It 'is Himds.configuration for the endpoint <Endpoint>' -ForEach @(
        @{ Endpoint = 'http://example.com' }
        @{ Endpoint = 'https://127.0.0.1' }
        @{ Endpoint = 'http://user@127.0.0.1' }
        @{ Endpoint = 'file:///etc' }
    ) {
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -Source 'Himds' -Endpoint $Endpoint -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.configuration,Get-HimdsToken'
    }

    It 'is Himds.configuration for two identities' {
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -ClientId 'a' -ObjectId 'b' -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.configuration,Get-HimdsToken'
    }

    It 'is Himds.configuration for a relative token directory' {
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -Source 'Himds' -TokenDirectory 'tokens' -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.configuration,Get-HimdsToken'
    }

    It 'is Himds.unavailable where nobody listens' {
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -Source 'Himds' -Endpoint 'http://127.0.0.1:1' -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.unavailable,Get-HimdsToken'
        $failure.CategoryInfo.Category | Should -Be 'ResourceUnavailable'
    }

    It 'is Himds.identity_not_found for an identity that is not assigned' {
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -ClientId 'nobody' @himds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.identity_not_found,Get-HimdsToken'
    }

    It 'is Himds.identity_mismatch for an agent that ignores the identity' {
        Add-EmulatorFault -Json '{"ignore_selectors": true, "count": 0}'
        $himds = Get-EmulatorParameter
        $identity = 'b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003'
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -ClientId $identity @himds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.identity_mismatch,Get-HimdsToken'
    }

    It 'is Himds.not_azure for another cloud' {
        Add-EmulatorFault -Json '{"preset": "ec2", "on": "any", "count": 0}'
        $imds = Get-EmulatorParameter -Imds
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' @imds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.not_azure,Get-HimdsToken'
    }

    It 'is named after the function: <Name>' -ForEach @(
        @{ Name = 'Clear-HimdsCache' }
        @{ Name = 'Get-HimdsMetadata' }
        @{ Name = 'Get-HimdsSource' }
    ) {
        $failure = & $Name -Source 'Himds' -Endpoint 'http://example.com' -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be "Himds.configuration,$Name"
    }
}

Describe 'An error' {
    BeforeEach {
        Clear-Emulator
    }

    It 'has the resource as target, and a recommended action' {
        Add-EmulatorFault -Json '{"on": "challenge", "key": {"kind": "missing"}}'
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' @himds -ErrorAction Continue 2>&1
        $failure.TargetObject | Should -Be 'https://vault.azure.net'
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        $failure.CategoryInfo.Category | Should -Be 'PermissionDenied'
        $failure.Exception.Status | Should -Be 112
        $failure.Exception.File | Should -BeLike "$((Get-EmulatorAddress).token_dir)*"
    }

    It 'shows its hint on the screen, once' {
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource '' @himds -ErrorAction Continue 2>&1
        # Without the colours, the line breaks and the bar before each line.
        $shown = ($failure | Out-String -Width 1000) -replace '\x1b\[[0-9;]*m' -replace '[\s|]+', ' '
        $hint = $failure.Exception.Hint
        $shown.Contains($hint) | Should -BeTrue
        $shown.IndexOf($hint) | Should -Be $shown.LastIndexOf($hint)
        $shown | Should -Not -BeLike '*is empty Name*'
    }

    It 'names an empty parameter as PowerShell spells it' {
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -ClientId '' -ErrorAction Continue 2>&1
        $failure.ErrorDetails.Message | Should -BeLike '*the parameter -ClientId is empty*'
    }

    It 'names the parameters among which its hint lets choose' {
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' -ClientId 'a' -ObjectId 'b' -ErrorAction Continue 2>&1
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*-ClientId, -ObjectId and -ResourceId*'
    }

    It 'leaves the words of a server as they are' {
        Add-EmulatorFault -Json '{"on": "key", "status": 400, "body": "client_id is missing"}'
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' @himds -ErrorAction Continue 2>&1
        $failure.ErrorDetails.Message | Should -BeLike '*client_id is missing*'
    }

    It 'names the parameter that its hint means' {
        $himds = Get-EmulatorParameter
        $himds['TokenDirectory'] = [System.IO.Path]::GetTempPath()
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' @himds -ErrorAction Continue 2>&1
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*the parameter -TokenDirectory*'
        $failure.Exception.Hint | Should -BeLike '*the option token_dir*'
    }

    It 'carries what the server said' {
        Add-EmulatorFault -Json '{"on": "key", "preset": "entra"}'
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' @himds -ErrorAction Continue 2>&1
        $failure.Exception.HttpStatus | Should -Be 400
        $failure.Exception.ServerError | Should -Not -BeNullOrEmpty
        $failure.Exception.ServerErrorDescription | Should -Not -BeNullOrEmpty
        $failure.Exception.Attempts | Should -Be 1
    }

    It 'does not end a script' {
        $himds = Get-EmulatorParameter
        $after = & {
            Get-HimdsToken -Resource '' @himds -ErrorAction SilentlyContinue
            'went on'
        }
        $after | Should -Be 'went on'
    }

    It 'ends a script with -ErrorAction Stop, and can be caught' {
        $himds = Get-EmulatorParameter
        { Get-HimdsToken -Resource '' @himds -ErrorAction Stop } | Should -Throw -ErrorId 'Himds.invalid_argument,Get-HimdsToken'
    }

    It 'is kept in -ErrorVariable' {
        $himds = Get-EmulatorParameter
        Get-HimdsToken -Resource '' @himds -ErrorAction SilentlyContinue -ErrorVariable 'kept'
        $kept[0].FullyQualifiedErrorId | Should -Be 'Himds.invalid_argument,Get-HimdsToken'
    }

    It 'makes $? false' {
        $himds = Get-EmulatorParameter
        Get-HimdsToken -Resource '' @himds -ErrorAction SilentlyContinue
        $? | Should -BeFalse
    }

    It 'is told by -Verbose with its attempts' {
        Add-EmulatorFault -Json '{"on": "key", "preset": "entra"}'
        $himds = Get-EmulatorParameter
        $call = @{ Resource = 'https://vault.azure.net'; Verbose = $true; ErrorAction = 'SilentlyContinue' }
        $messages = (Get-HimdsToken @call @himds 4>&1).Message -join ' '
        $messages | Should -Match 'Failed with service \(200\) in [0-9]+ ms, attempts: 1'
    }
}
