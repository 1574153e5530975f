# The module as a whole: manifest, exports, help, parameters, completion.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'The module' {
    It 'has a valid manifest' {
        $manifest = Test-ModuleManifest -Path (Join-Path -Path (Get-TestedModulePath) -ChildPath 'Himds.psd1')
        $manifest.Name | Should -Be 'Himds'
        $manifest.PowerShellVersion | Should -Be ([version] '5.1')
        $manifest.CompatiblePSEditions | Should -Contain 'Desktop'
        $manifest.CompatiblePSEditions | Should -Contain 'Core'
    }

    It 'exports its six functions and nothing else' {
        $module = Get-Module -Name 'Himds'
        ($module.ExportedFunctions.Keys | Sort-Object) -join ' ' |
            Should -Be 'Clear-HimdsCache Get-HimdsClaim Get-HimdsMetadata Get-HimdsSource Get-HimdsToken Test-Himds'
        $module.ExportedAliases.Count | Should -Be 0
        $module.ExportedVariables.Count | Should -Be 0
        $module.ExportedCmdlets.Count | Should -Be 0
    }

    It 'loads no identity assembly' {
        $names = [System.AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object { $_.GetName().Name }
        $names | Should -Not -Contain 'Microsoft.Identity.Client'
        $names | Should -Not -Contain 'Azure.Identity'
        $names | Should -Contain 'Himds.PowerShell'
    }

    It 'tells the version of its native library' {
        [Himds.Abi1.Library]::Version | Should -Be (Get-Module -Name 'Himds').Version.ToString()
    }

    It 'can be imported again' {
        { Import-Module -Name (Get-TestedModulePath) -Force -Global -ErrorAction Stop } | Should -Not -Throw
        (Get-HimdsSource -Source 'Himds').Source | Should -Be 'Himds'
    }

    It 'has a help topic' {
        $topic = Get-Help -Name 'about_Himds' | Out-String
        $topic | Should -BeLike '*about_Himds*'
        foreach ($name in (Get-Module -Name 'Himds').ExportedFunctions.Keys) {
            $topic | Should -BeLike "*$name*"
        }
    }

    It 'has help for <Name>' -ForEach @(
        @{ Name = 'Clear-HimdsCache' }
        @{ Name = 'Get-HimdsClaim' }
        @{ Name = 'Get-HimdsMetadata' }
        @{ Name = 'Get-HimdsSource' }
        @{ Name = 'Get-HimdsToken' }
        @{ Name = 'Test-Himds' }
    ) {
        $help = Get-Help -Name $Name -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match ('^\s*' + $Name)
        ($help.Description | Out-String).Trim() | Should -Not -BeNullOrEmpty
        @($help.Examples.Example).Count | Should -BeGreaterThan 1
        ($help.ReturnValues | Out-String).Trim() | Should -Not -BeNullOrEmpty
        (Get-Command -Name $Name).HelpUri | Should -Match '^https://'
    }

    It 'describes every parameter of <Name>' -ForEach @(
        @{ Name = 'Clear-HimdsCache' }
        @{ Name = 'Get-HimdsClaim' }
        @{ Name = 'Get-HimdsMetadata' }
        @{ Name = 'Get-HimdsSource' }
        @{ Name = 'Get-HimdsToken' }
        @{ Name = 'Test-Himds' }
    ) {
        $common = @([System.Management.Automation.PSCmdlet]::CommonParameters) +
        @([System.Management.Automation.PSCmdlet]::OptionalCommonParameters)
        foreach ($parameter in (Get-Command -Name $Name).Parameters.Keys) {
            if ($common -notcontains $parameter) {
                $help = Get-Help -Name $Name -Parameter $parameter
                ($help.Description | Out-String).Trim() | Should -Not -BeNullOrEmpty -Because "of the parameter $parameter"
            }
        }
    }

    It 'gives <Name> the common parameters' -ForEach @(
        @{ Name = 'Clear-HimdsCache' }
        @{ Name = 'Get-HimdsClaim' }
        @{ Name = 'Get-HimdsMetadata' }
        @{ Name = 'Get-HimdsSource' }
        @{ Name = 'Get-HimdsToken' }
        @{ Name = 'Test-Himds' }
    ) {
        $parameters = (Get-Command -Name $Name).Parameters.Keys
        foreach ($parameter in @(
                'Source', 'Endpoint', 'TokenDirectory', 'TimeoutSec', 'WaitForServiceSec', 'ClientId', 'ObjectId', 'ResourceId'
            )) {
            $parameters | Should -Contain $parameter
        }
    }

    It 'has a parameter set for each form of a token' {
        $command = Get-Command -Name 'Get-HimdsToken'
        ($command.ParameterSets.Name | Sort-Object) -join ' ' | Should -Be 'Header PlainText Token'
        $command.DefaultParameterSet | Should -Be 'Token'
        $command.OutputType.Name | Should -Contain 'Himds.Abi1.AccessToken'
    }

    It 'takes claims from a resource or from a token' {
        $command = Get-Command -Name 'Get-HimdsClaim'
        ($command.ParameterSets.Name | Sort-Object) -join ' ' | Should -Be 'Resource Token'
    }

    It 'completes the usual resources of <Name>' -ForEach @(
        @{ Name = 'Get-HimdsToken' }
        @{ Name = 'Get-HimdsClaim' }
    ) {
        $line = "$Name -Resource https://v"
        $found = (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText
        $found | Should -Contain 'https://vault.azure.net'
        $found | Should -Not -Contain 'https://storage.azure.com'
        $line = "$Name -Resource vault"
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Be 'https://vault.azure.net'
    }

    It 'completes the usual resources of <Name> from the first Tab on, also with a prefix' -ForEach @(
        @{ Name = 'Get-HimdsToken' }
        @{ Name = 'Get-HimdsClaim' }
    ) {
        $parent = Split-Path -Path (Get-TestedModulePath) -Parent
        $shell = (Get-Process -Id $PID).Path
        $before = "`$env:PSModulePath = '$parent' + [IO.Path]::PathSeparator + `$env:PSModulePath"
        foreach ($line in "$Name -Resource vault", "$Name vault") {
            & $shell -NoProfile -NonInteractive -Command ("$before; " +
                "(TabExpansion2 -inputScript '$line' -cursorColumn $($line.Length)).CompletionMatches.CompletionText") |
                Should -Be 'https://vault.azure.net'
        }
        $line = $Name.Replace('-', '-My') + ' -Resource vault'
        & $shell -NoProfile -NonInteractive -Command ("$before; Import-Module Himds -Prefix My; " +
            "(TabExpansion2 -inputScript '$line' -cursorColumn $($line.Length)).CompletionMatches.CompletionText") |
            Should -Be 'https://vault.azure.net'
    }

    It 'completes JSON pointers' {
        $line = 'Get-HimdsMetadata subscr'
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText |
            Should -Be '/compute/subscriptionId'
    }

    It 'completes the properties of what <Name> gives' -ForEach @(
        @{ Name = 'Get-HimdsSource'; Property = 'Endpoint' }
        @{ Name = 'Test-Himds'; Property = 'Detail' }
        @{ Name = 'Get-HimdsToken'; Property = 'ExpiresOn' }
    ) {
        $line = "($Name)."
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText | Should -Contain $Property
    }

    It 'completes the sources' {
        $line = 'Get-HimdsToken -Source '
        $found = (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches.CompletionText
        $found | Should -Contain 'Himds'
        $found | Should -Contain 'Imds'
    }

    It 'refuses a source that does not exist' {
        { Get-HimdsToken -Resource 'https://vault.azure.net' -Source 'Other' } | Should -Throw
    }
}
