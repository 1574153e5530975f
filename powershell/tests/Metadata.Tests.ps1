# Get-HimdsMetadata, Get-HimdsClaim, Get-HimdsSource, Test-Himds.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'Get-HimdsMetadata' {
    BeforeEach {
        Clear-Emulator
    }

    It 'gives the document as objects' {
        $himds = Get-EmulatorParameter
        $metadata = Get-HimdsMetadata @himds
        $metadata.compute.name | Should -Be 'arc-demo'
        $metadata.compute.resourceGroupName | Should -Be 'arc-servers'
        $metadata.compute.tagsList.Count | Should -Be 2
    }

    It 'gives one text by its path' {
        $himds = Get-EmulatorParameter
        $location = Get-HimdsMetadata /compute/location @himds
        $location | Should -BeOfType [string]
        $location | Should -BeExactly 'westeurope'
    }

    It 'gives the elements of a list' {
        $himds = Get-EmulatorParameter
        $tags = @(Get-HimdsMetadata -Path '/compute/tagsList' @himds)
        $tags.Count | Should -Be 2
        ($tags | Where-Object -Property 'name' -EQ -Value 'owner').value | Should -Be 'ops;team:a'
    }

    It 'gives one tag' {
        $himds = Get-EmulatorParameter
        Get-HimdsMetadata -Path '/compute/tagsList/0/name' @himds | Should -Be 'Project'
    }

    It 'gives nothing for null' {
        $himds = Get-EmulatorParameter
        Get-HimdsMetadata -Path '/compute/publicKeys' @himds | Should -BeNullOrEmpty
    }

    It 'leaves a text that looks like a date or a number a text' {
        Add-EmulatorFault -Json ('{"on": "metadata", "count": 0, "set": {"/compute/name": "\"2026-10-01T00:00:00Z\"", ' +
            '"/compute/sku": "\"007\""}}')
        $himds = Get-EmulatorParameter
        Get-HimdsMetadata -Path '/compute/name' @himds | Should -BeExactly '2026-10-01T00:00:00Z'
        Get-HimdsMetadata -Path '/compute/sku' @himds | Should -BeExactly '007'
    }

    It 'leaves such a text a text in the whole document, and in claims: <Text>' -ForEach @(
        @{ Text = '2024-05-01T10:00:00+02:00' }
        @{ Text = '2024-05-01' }
        @{ Text = '/Date(0)/' }
    ) {
        Add-EmulatorFault -Json ('{"on": "metadata", "count": 0, "set": {"/compute/name": "\"' + $Text + '\"", ' +
            '"/compute/tagsList": "[{\"name\": \"built\", \"value\": \"' + $Text + '\"}]"}}')
        $himds = Get-EmulatorParameter
        $metadata = Get-HimdsMetadata @himds
        $metadata.compute.name | Should -BeOfType [string]
        $metadata.compute.name | Should -BeExactly $Text
        $metadata.compute.tagsList.GetType().IsArray | Should -BeTrue
        $metadata.compute.tagsList[0].value | Should -BeOfType [string]
        $metadata.compute.tagsList[0].value | Should -BeExactly $Text
        $bytes = [System.Text.Encoding]::UTF8.GetBytes('{"at": "' + $Text + '"}')
        $claims = Get-HimdsClaim -Token ('e30.' + [System.Convert]::ToBase64String($bytes).TrimEnd('=') + '.x')
        $claims.at | Should -BeOfType [string]
        $claims.at | Should -BeExactly $Text
    }

    It 'gives each kind of JSON value' {
        Add-EmulatorFault -Json ('{"on": "metadata", "count": 0, "set": {"/compute/x": ' +
            '"{\"whole\": 7, \"large\": 4000000000, \"part\": 1.5, \"yes\": true, \"no\": false, \"none\": null, ' +
            '\"empty\": [], \"nested\": [[1], {}]}"}}')
        $himds = Get-EmulatorParameter
        $x = (Get-HimdsMetadata @himds).compute.x
        $x.whole | Should -Be 7
        $x.large | Should -Be 4000000000
        $x.part | Should -Be 1.5
        $x.yes | Should -BeTrue
        $x.no | Should -BeFalse
        $x.PSObject.Properties.Name | Should -Contain 'none'
        $x.none | Should -BeNullOrEmpty
        $x.empty.Count | Should -Be 0
        $x.empty.GetType().IsArray | Should -BeTrue
        $x.nested.Count | Should -Be 2
        $x.nested[0][0] | Should -Be 1
    }

    It 'shows the document as a list, and lets a script print other things after it' {
        $himds = Get-EmulatorParameter
        $shown = & { Get-HimdsMetadata @himds; [pscustomobject]@{ Other = 'printed' } } | Out-String -Width 120
        $shown | Should -Match 'Name\s+: arc-demo'
        $shown | Should -Match 'Location\s+: westeurope'
        $shown | Should -Match 'owner=ops;team:a'
        $shown | Should -BeLike '*printed*'
    }

    It 'gives JSON with -Raw' {
        $himds = Get-EmulatorParameter
        $json = Get-HimdsMetadata -Raw @himds
        $json | Should -BeOfType [string]
        ($json | ConvertFrom-Json).compute.name | Should -Be 'arc-demo'
    }

    It 'gives the JSON of a part with -Path and -Raw' {
        $himds = Get-EmulatorParameter
        Get-HimdsMetadata -Path '/compute/location' -Raw @himds | Should -BeExactly '"westeurope"'
    }

    It 'is requested each time' {
        $himds = Get-EmulatorParameter
        $null = Get-HimdsMetadata @himds
        $null = Get-HimdsMetadata @himds
        @(Get-EmulatorRequest).Count | Should -Be 2
    }

    It 'asks Imds' {
        $imds = Get-EmulatorParameter -Imds
        (Get-HimdsMetadata @imds).compute.location | Should -Be 'westeurope'
    }

    It 'writes an error for JSON of which no object can be made, and gives it with -Raw' {
        Add-EmulatorFault -Json '{"on": "metadata", "count": 0, "set": {"/compute/NAME": "1"}}'
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsMetadata @himds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.response_invalid,Get-HimdsMetadata'
        $failure.ErrorDetails.RecommendedAction | Should -BeLike '*-Raw*'
        Get-HimdsMetadata -Raw @himds | Should -BeLike '*"NAME":1*'
    }

    It 'writes an error for a path that leads nowhere' {
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsMetadata -Path '/compute/nothing' @himds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.not_found,Get-HimdsMetadata'
        $failure.TargetObject | Should -Be '/compute/nothing'
    }
}

Describe 'Get-HimdsClaim' {
    BeforeEach {
        Clear-Emulator
    }

    It 'goes on in the pipeline after claims of which no object can be made' {
        $tokens = '{"A":1,"a":2}', '{"a":3}' | ForEach-Object -Process {
            $bytes = [System.Text.Encoding]::UTF8.GetBytes($_)
            'e30.' + [System.Convert]::ToBase64String($bytes).TrimEnd('=') + '.x'
        }
        $results = @($tokens | Get-HimdsClaim 2>&1)
        $results.Count | Should -Be 2
        $results[0].FullyQualifiedErrorId | Should -Be 'Himds.response_invalid,Get-HimdsClaim'
        $results[1].a | Should -Be 3
    }

    It 'says with -Verbose where the token came from' {
        $himds = Get-EmulatorParameter
        $told = (Get-HimdsClaim https://vault.azure.net @himds -Verbose 4>&1).Message -join ' '
        $told | Should -Match 'from the service, attempts: 1'
    }

    It 'shows the claims for a resource' {
        $himds = Get-EmulatorParameter
        (Get-HimdsClaim https://vault.azure.net @himds).aud | Should -Be 'https://vault.azure.net'
    }

    It 'takes a token object from the pipeline' {
        $himds = Get-EmulatorParameter
        $claims = Get-HimdsToken -Resource 'https://vault.azure.net' @himds | Get-HimdsClaim
        $claims.aud | Should -Be 'https://vault.azure.net'
        $claims.appid | Should -Not -BeNullOrEmpty
    }

    It 'takes a SecureString' {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        (Get-HimdsClaim -Token $token.Token).aud | Should -Be 'https://vault.azure.net'
    }

    It 'takes a string' {
        $himds = Get-EmulatorParameter
        $claims = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds | Get-HimdsClaim
        $claims.aud | Should -Be 'https://vault.azure.net'
    }

    It 'takes an object such as that of Get-AzAccessToken' {
        $himds = Get-EmulatorParameter
        $other = [pscustomobject]@{ Token = (Get-HimdsToken -Resource 'https://vault.azure.net' @himds).Token }
        (Get-HimdsClaim -Token $other).aud | Should -Be 'https://vault.azure.net'
    }

    It 'takes a resource from the pipeline, and several by name' {
        $himds = Get-EmulatorParameter
        ('https://vault.azure.net' | Get-HimdsClaim @himds).aud | Should -Be 'https://vault.azure.net'
        $claims = @(Get-HimdsClaim 'https://vault.azure.net', 'https://storage.azure.com' @himds)
        $claims.aud -join ' ' | Should -Be 'https://vault.azure.net https://storage.azure.com'
        (Get-HimdsClaim -ResourceUrl 'https://vault.azure.net' @himds).aud | Should -Be 'https://vault.azure.net'
    }

    It 'prompts for the resource if nothing is given' {
        (Get-Command -Name 'Get-HimdsClaim').DefaultParameterSet | Should -Be 'Resource'
    }

    It 'takes several tokens' {
        $himds = Get-EmulatorParameter
        $claims = @('https://vault.azure.net', 'https://storage.azure.com' | Get-HimdsToken @himds | Get-HimdsClaim)
        $claims.aud -join ' ' | Should -Be 'https://vault.azure.net https://storage.azure.com'
    }

    It 'takes the common parameters next to a token' {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        (Get-HimdsClaim -Token $token @himds).aud | Should -Be 'https://vault.azure.net'
    }

    It 'refuses what is not a token' {
        $failure = 'not a token' | Get-HimdsClaim -ErrorAction Continue 2>&1
        $failure | Should -BeOfType [System.Management.Automation.ErrorRecord]
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.response_invalid,Get-HimdsClaim'
    }

    It 'refuses an object that has lost its token' {
        $failure = [pscustomobject]@{ Resource = 'https://vault.azure.net' } | Get-HimdsClaim -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.invalid_argument,Get-HimdsClaim'
    }
}

Describe 'Get-HimdsSource' {
    It 'tells the source that was named' {
        $himds = Get-EmulatorParameter
        $source = Get-HimdsSource @himds
        $source.Source | Should -Be 'Himds'
        $source.Endpoint | Should -Be (Get-EmulatorAddress).himds
        $source.Reason | Should -Not -BeNullOrEmpty
    }

    It 'tells Imds' {
        $imds = Get-EmulatorParameter -Imds
        (Get-HimdsSource @imds).Source | Should -Be 'Imds'
    }

    It 'names the other host if no source applies' {
        $env:IDENTITY_ENDPOINT = 'http://127.0.0.1:1/msi/token'
        $env:IDENTITY_HEADER = 'anything'
        try {
            $source = Get-HimdsSource
            $source.Source | Should -BeNullOrEmpty
            $source.Reason | Should -Match 'App Service'
        }
        finally {
            $env:IDENTITY_ENDPOINT = $null
            $env:IDENTITY_HEADER = $null
        }
    }

    It 'asks nobody' {
        Clear-Emulator
        $himds = Get-EmulatorParameter
        $null = Get-HimdsSource @himds
        @(Get-EmulatorRequest).Count | Should -Be 0
    }
}

Describe 'Test-Himds' {
    BeforeEach {
        Clear-Emulator
    }

    It 'gives findings' {
        $himds = Get-EmulatorParameter
        $findings = @(Test-Himds @himds)
        $findings.Count | Should -BeGreaterThan 0
        foreach ($finding in $findings) {
            $finding.Name | Should -Not -BeNullOrEmpty
            $finding.Status | Should -BeIn @('Ok', 'Warning', 'Failed')
            $finding.PSObject.Properties.Name | Should -Contain 'Detail'
            $finding.PSObject.Properties.Name | Should -Contain 'Fix'
        }
    }

    It 'is true with -Quiet if a token is available' {
        $himds = Get-EmulatorParameter
        $answer = Test-Himds -Quiet @himds
        $answer | Should -BeOfType [bool]
        $answer | Should -BeTrue
    }

    It 'is false with -Quiet if none is available, without an error' {
        $answer = Test-Himds -Quiet -Source 'Himds' -Endpoint 'http://127.0.0.1:1' -ErrorAction Continue 2>&1
        $answer | Should -BeOfType [bool]
        $answer | Should -BeFalse
    }

    It 'finds what is wrong, without an error' {
        $findings = @(Test-Himds -Source 'Himds' -Endpoint 'http://127.0.0.1:1' -ErrorAction Continue 2>&1)
        $findings | Should -Not -BeOfType [System.Management.Automation.ErrorRecord]
        $failed = @($findings | Where-Object -Property 'Status' -EQ -Value 'Failed')
        $failed.Count | Should -BeGreaterThan 0
        $failed[0].Detail | Should -Not -BeNullOrEmpty
    }

    It 'finds a forbidden option, without an error' {
        $findings = @(Test-Himds -Source 'Himds' -Endpoint 'http://example.com' -ErrorAction Continue 2>&1)
        $findings.Count | Should -Be 1
        $findings[0].Status | Should -Be 'Failed'
        $findings[0].Name | Should -Be 'configuration'
        $findings[0].Fix | Should -Not -BeNullOrEmpty
    }
}
