# Get-HimdsToken: its outputs, its inputs, its options.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'Get-HimdsToken' {
    BeforeEach {
        Clear-Emulator
    }

    It 'gives a token object' {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        $token.GetType().FullName | Should -Be 'Himds.Abi1.AccessToken'
        $token.Resource | Should -Be 'https://vault.azure.net'
        $token.Type | Should -Be 'Bearer'
        $token.Token | Should -BeOfType [securestring]
        $token.ExpiresOn | Should -BeOfType [System.DateTimeOffset]
        $token.ExpiresOn | Should -BeGreaterThan ([System.DateTimeOffset]::UtcNow.AddHours(23))
        $token.RefreshOn | Should -BeLessThan $token.ExpiresOn
    }

    It 'takes the resource by position' {
        $himds = Get-EmulatorParameter
        (Get-HimdsToken https://storage.azure.com @himds).Resource | Should -Be 'https://storage.azure.com'
    }

    It 'has no RefreshOn for a short life' {
        Add-EmulatorFault -Json '{"on": "key", "set": {"expires_in": "200", "expires_on": "null"}}'
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        $token.RefreshOn | Should -BeNullOrEmpty
    }

    It 'gives the token itself with -AsPlainText' {
        $himds = Get-EmulatorParameter
        $secret = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        $secret | Should -BeOfType [string]
        $secret.Split('.').Count | Should -Be 3
    }

    It 'gives a header with -AsHeader' {
        $himds = Get-EmulatorParameter
        $header = Get-HimdsToken -Resource 'https://vault.azure.net' -AsHeader @himds
        $header | Should -BeOfType [hashtable]
        $header.Count | Should -Be 1
        $header['Authorization'] | Should -BeExactly ('Bearer ' + (Get-HimdsToken https://vault.azure.net -AsPlainText @himds))
    }

    It 'holds the same token in the SecureString' {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        $secret = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        [System.Net.NetworkCredential]::new('', $token.Token).Password | Should -BeExactly $secret
    }

    It 'does not take -AsPlainText and -AsHeader together' {
        { Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText -AsHeader } |
            Should -Throw -ErrorId 'AmbiguousParameterSet,Get-HimdsToken'
    }

    It 'gives a token object with -AsPlainText:$false' {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText:$false @himds
        $token.Resource | Should -Be 'https://vault.azure.net'
    }

    It 'takes resources from the pipeline' {
        $himds = Get-EmulatorParameter
        $tokens = @('https://vault.azure.net', 'https://storage.azure.com' | Get-HimdsToken @himds)
        $tokens.Count | Should -Be 2
        $tokens[0].Resource | Should -Be 'https://vault.azure.net'
        $tokens[1].Resource | Should -Be 'https://storage.azure.com'
    }

    It 'takes objects with a property Resource from the pipeline' {
        $himds = Get-EmulatorParameter
        $token = [pscustomobject]@{ Resource = 'https://vault.azure.net' } | Get-HimdsToken @himds
        $token.Resource | Should -Be 'https://vault.azure.net'
        ($token | Get-HimdsToken @himds).Resource | Should -Be 'https://vault.azure.net'
        @(Get-EmulatorRequest).Count | Should -Be 2
    }

    It 'takes -ResourceUrl, several resources, and objects with that property, as Get-AzAccessToken does' {
        $himds = Get-EmulatorParameter
        (Get-HimdsToken -ResourceUrl 'https://vault.azure.net' @himds).Resource | Should -Be 'https://vault.azure.net'
        $several = @(Get-HimdsToken 'https://vault.azure.net', 'https://storage.azure.com' @himds)
        $several.Resource -join ' ' | Should -Be 'https://vault.azure.net https://storage.azure.com'
        ([pscustomobject]@{ ResourceUrl = 'https://vault.azure.net' } | Get-HimdsToken @himds).Resource |
            Should -Be 'https://vault.azure.net'
    }

    It 'refuses <Because>, without showing it' -ForEach @(
        @{ Because = 'an object without a resource'; What = [pscustomobject]@{ Secret = 'hidden-in-here' } }
        @{ Because = 'a hashtable'; What = @{ ResourceUrl = 'hidden-in-here' } }
        @{ Because = 'an object that is shown by its type'; What = [System.Random]::new() }
        @{ Because = 'a text with a blank'; What = 'https://vault.azure.net hidden-in-here' }
    ) {
        $himds = Get-EmulatorParameter
        $failure = $What | Get-HimdsToken @himds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.invalid_argument,Get-HimdsToken'
        ($failure | Format-List -Property '*' -Force | Out-String) | Should -Not -BeLike '*hidden-in-here*'
        @(Get-EmulatorRequest).Count | Should -Be 0
    }

    It 'does not count a switch that is false' {
        $himds = Get-EmulatorParameter
        $switches = @{ AsPlainText = $false; AsHeader = $false; ForceRefresh = $false }
        (Get-HimdsToken https://vault.azure.net @switches @himds).Type | Should -Be 'Bearer'
        $switches['AsHeader'] = $true
        (Get-HimdsToken https://vault.azure.net @switches @himds).Keys | Should -Be 'Authorization'
        $switches = @{ AsPlainText = $true; AsHeader = $false }
        Get-HimdsToken https://vault.azure.net @switches @himds | Should -BeOfType [string]
    }

    It 'shows all its columns on a narrow screen' {
        $himds = Get-EmulatorParameter
        $shown = Get-HimdsToken -Resource 'https://vault.azure.net' @himds | Out-String -Width 80
        $shown | Should -Match 'Type\s+ExpiresOn\s+RefreshOn\s+Resource'
        $shown | Should -Match 'Z\s+https://vault\.azure\.net'
    }

    It 'goes on in the pipeline after a resource that fails' {
        $himds = Get-EmulatorParameter
        $results = @('https://vault.azure.net', '', 'https://storage.azure.com' |
                Get-HimdsToken @himds -ErrorAction Continue 2>&1)
        $results.Count | Should -Be 3
        $results[0].Resource | Should -Be 'https://vault.azure.net'
        $results[1] | Should -BeOfType [System.Management.Automation.ErrorRecord]
        $results[2].Resource | Should -Be 'https://storage.azure.com'
    }

    It 'leaves errors of the next command alone' {
        $himds = Get-EmulatorParameter
        { Get-HimdsToken -Resource 'https://vault.azure.net' @himds | ForEach-Object { throw 'mine' } } |
            Should -Throw -ExpectedMessage 'mine'
    }

    It 'lets the pipeline be cut short' {
        $himds = Get-EmulatorParameter
        $token = 'https://vault.azure.net', 'https://storage.azure.com' | Get-HimdsToken @himds | Select-Object -First 1
        $token.Resource | Should -Be 'https://vault.azure.net'
        @(Get-EmulatorRequest).Count | Should -Be 2
    }

    It 'makes two requests, and none for a cached token' {
        $himds = Get-EmulatorParameter
        $first = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds | Should -BeExactly $first
        @(Get-EmulatorRequest).Count | Should -Be 2
    }

    It 'takes a scope for its resource' {
        $himds = Get-EmulatorParameter
        $first = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        Get-HimdsToken -Resource 'https://vault.azure.net/.default' -AsPlainText @himds | Should -BeExactly $first
    }

    It 'asks the service again with -ForceRefresh' {
        $himds = Get-EmulatorParameter
        $first = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText -ForceRefresh @himds | Should -Not -BeExactly $first
        @(Get-EmulatorRequest).Count | Should -Be 4
    }

    It 'asks Imds with one request' {
        $imds = Get-EmulatorParameter -Imds
        (Get-HimdsToken -Resource 'https://vault.azure.net' @imds).Type | Should -Be 'Bearer'
        @(Get-EmulatorRequest).Count | Should -Be 1
    }

    It 'takes a user-assigned identity by -<Parameter>' -ForEach @(
        @{ Parameter = 'ClientId'; Value = 'b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003' }
        @{ Parameter = 'ObjectId'; Value = 'c2f7e4bb-3a1d-4e9f-8b66-51a1f00d0004' }
        @{
            Parameter = 'ResourceId'
            Value     = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app'
        }
    ) {
        $himds = Get-EmulatorParameter
        $identity = @{ $Parameter = $Value }
        $claims = Get-HimdsToken -Resource 'https://vault.azure.net' @himds @identity | Get-HimdsClaim
        $claims.oid | Should -Be 'c2f7e4bb-3a1d-4e9f-8b66-51a1f00d0004'
    }

    It 'keeps the tokens of identities apart' {
        $himds = Get-EmulatorParameter
        $own = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        $other = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds -ClientId 'b1e6d3aa-2f0c-4d8e-9a55-51a1f00d0003'
        $other | Should -Not -BeExactly $own
    }

    It 'sees the variables that $env: sets' {
        $address = Get-EmulatorAddress
        $env:IDENTITY_ENDPOINT = "$($address.himds)/metadata/identity/oauth2/token"
        $env:IMDS_ENDPOINT = $address.himds
        try {
            (Get-HimdsSource).Endpoint | Should -Be $address.himds
            (Get-HimdsToken -Resource 'https://vault.azure.net' -TokenDirectory $address.token_dir).Type | Should -Be 'Bearer'
        }
        finally {
            $env:IDENTITY_ENDPOINT = $null
            $env:IMDS_ENDPOINT = $null
        }
    }

    It 'says with -Verbose where the token came from' {
        $himds = Get-EmulatorParameter
        $first = (Get-HimdsToken -Resource 'https://vault.azure.net' @himds -Verbose 4>&1).Message -join ' '
        $first | Should -Match 'from the service, attempts: 1'
        $first | Should -Match 'Source: himds'
        $second = (Get-HimdsToken -Resource 'https://vault.azure.net' @himds -Verbose 4>&1).Message -join ' '
        $second | Should -Match 'from the cache'
    }

    It 'says with -Verbose that an old token had to do' {
        $himds = Get-EmulatorParameter
        Add-EmulatorFault -Json '{"on": "key", "set": {"expires_in": "200", "expires_on": "null"}}'
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        Add-EmulatorFault -Json '{"preset": "unavailable", "count": 0}'
        $told = (Get-HimdsToken -Resource 'https://vault.azure.net' -TimeoutSec 0.5 @himds -Verbose 4>&1).Message -join ' '
        $told | Should -Match 'from the cache, because the service has no newer one now'
    }

    It 'says with -Verbose how many attempts there were' {
        Add-EmulatorFault -Json '{"preset": "unavailable"}'
        $himds = Get-EmulatorParameter
        $told = (Get-HimdsToken -Resource 'https://vault.azure.net' @himds -Verbose 4>&1).Message -join ' '
        $told | Should -Match 'attempts: 2'
    }
}

Describe 'Clear-HimdsCache' {
    BeforeEach {
        Clear-Emulator
    }

    It 'forgets all tokens' {
        $himds = Get-EmulatorParameter
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        Clear-HimdsCache
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        @(Get-EmulatorRequest).Count | Should -Be 4
    }

    It 'forgets the tokens that its parameters name' {
        $himds = Get-EmulatorParameter
        $imds = Get-EmulatorParameter -Imds
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @imds
        Clear-HimdsCache @imds
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @imds
        @(Get-EmulatorRequest).Count | Should -Be 4
    }

    It 'clears the one cache of a service that was named once and found once' {
        $himds = Get-EmulatorParameter
        $env:IDENTITY_ENDPOINT = "$($himds['Endpoint'])/metadata/identity/oauth2/token"
        $env:IMDS_ENDPOINT = $himds['Endpoint']
        try {
            $found = Get-HimdsToken https://vault.azure.net -AsPlainText -TokenDirectory $himds['TokenDirectory']
            Get-HimdsToken https://vault.azure.net -AsPlainText @himds | Should -BeExactly $found
            @(Get-EmulatorRequest).Count | Should -Be 2
            (Get-HimdsSource -TokenDirectory $himds['TokenDirectory']).Reason | Should -BeLike '*IDENTITY_ENDPOINT*'
            (Get-HimdsSource @himds).Reason | Should -Not -BeLike '*IDENTITY_ENDPOINT*'
            Clear-HimdsCache -TokenDirectory $himds['TokenDirectory']
            $null = Get-HimdsToken https://vault.azure.net @himds
            @(Get-EmulatorRequest).Count | Should -Be 4
        }
        finally {
            $env:IDENTITY_ENDPOINT = $null
            $env:IMDS_ENDPOINT = $null
        }
    }

    It 'clears the tokens of calls with another -WaitForServiceSec too' {
        $himds = Get-EmulatorParameter
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' -WaitForServiceSec 5 @himds
        Clear-HimdsCache @himds
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' -WaitForServiceSec 5 @himds
        @(Get-EmulatorRequest).Count | Should -Be 4
    }

    It 'says with -Verbose whose tokens it forgets' {
        $himds = Get-EmulatorParameter
        $told = (Clear-HimdsCache @himds -ClientId 'a' -Verbose 4>&1).Message -join ' '
        $told | Should -BeLike "*the identity a from Himds at $($himds['Endpoint'])*"
    }

    It 'does nothing with -WhatIf' {
        $himds = Get-EmulatorParameter
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        Clear-HimdsCache -WhatIf
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        @(Get-EmulatorRequest).Count | Should -Be 2
    }

    It 'gives nothing' {
        Clear-HimdsCache | Should -BeNullOrEmpty
    }
}

Describe '-WaitForServiceSec' {
    BeforeAll {
        # A port at which nothing listens.
        $listener = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
        $listener.Start()
        $script:absent = @{ Source = 'Himds'; Endpoint = "http://$($listener.LocalEndpoint)" }
        $listener.Stop()
    }

    It 'lets <Name> try again' -ForEach @(
        @{ Name = 'Get-HimdsToken'; Own = @{ Resource = 'https://vault.azure.net' } }
        @{ Name = 'Get-HimdsClaim'; Own = @{ Resource = 'https://vault.azure.net' } }
        @{ Name = 'Get-HimdsMetadata'; Own = @{} }
    ) {
        $failure = & $Name @Own @absent -WaitForServiceSec 0.5 -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be "Himds.unavailable,$Name"
        $failure.Exception.Attempts | Should -BeGreaterThan 1
    }

    It 'is off by default, and with 0' {
        $failures = @(
            Get-HimdsToken -Resource 'https://vault.azure.net' @absent -ErrorAction Continue 2>&1
            Get-HimdsToken -Resource 'https://vault.azure.net' -WaitForServiceSec 0 @absent -ErrorAction Continue 2>&1
        )
        $failures.Exception.Attempts | Should -Be @(1, 1)
    }

    It 'lets Test-Himds try again' {
        # The shortest wait before another try is 100 ms; a refused connection takes none.
        $finding = Test-Himds @absent -WaitForServiceSec 0.5 | Where-Object -Property 'Name' -EQ -Value 'token'
        $finding.Status | Should -Be 'Failed'
        $finding.ElapsedMs | Should -BeGreaterOrEqual 100
    }

    It 'changes nothing of a call that is answered' {
        $himds = Get-EmulatorParameter
        (Get-HimdsToken -Resource 'https://vault.azure.net' -WaitForServiceSec 5 @himds).Type | Should -Be 'Bearer'
    }
}
