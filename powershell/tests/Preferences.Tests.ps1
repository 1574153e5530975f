# What decides over an error and over -Verbose: the caller's preferences, as with a compiled cmdlet.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'The records of a failure' {
    BeforeEach {
        Clear-Emulator
    }

    It 'are one in -ErrorVariable: <Name>' -ForEach @(
        @{ Name = 'Get-HimdsToken'; Arguments = @{ Resource = '' } }
        @{ Name = 'Get-HimdsToken'; Arguments = @{ Resource = 'https://vault.azure.net'; TimeoutSec = 0 } }
        @{ Name = 'Get-HimdsToken'; Arguments = @{ Resource = 'https://vault.azure.net'; Endpoint = 'http://127.0.0.1:1' } }
        @{ Name = 'Get-HimdsClaim'; Arguments = @{ Token = 'x' } }
        @{ Name = 'Get-HimdsMetadata'; Arguments = @{ Endpoint = 'http://example.com' } }
        @{ Name = 'Get-HimdsSource'; Arguments = @{ Endpoint = 'http://example.com' } }
        @{ Name = 'Clear-HimdsCache'; Arguments = @{ Endpoint = 'http://example.com' } }
    ) {
        & $Name -Source 'Himds' @Arguments -ErrorAction SilentlyContinue -ErrorVariable 'kept'
        $kept.Count | Should -Be 1
        $kept[0].FullyQualifiedErrorId | Should -BeLike "Himds.*,$Name"
    }

    It 'are one for a path that leads nowhere' {
        $himds = Get-EmulatorParameter
        Get-HimdsMetadata -Path '/nowhere' @himds -ErrorAction SilentlyContinue -ErrorVariable 'kept'
        $kept.Count | Should -Be 1
        $kept[0].FullyQualifiedErrorId | Should -Be 'Himds.not_found,Get-HimdsMetadata'
    }

    It 'are none with -ErrorAction Ignore' {
        $Error.Clear()
        Get-HimdsToken -Resource '' -ErrorAction Ignore
        $Error.Count | Should -Be 0
    }

    It 'are one in $Error if it was caught' {
        $Error.Clear()
        try {
            Get-HimdsToken -Resource '' -ErrorAction Stop
        }
        catch [Himds.Abi1.HimdsException] {
            $_.Exception.Kind | Should -Be 'invalid_argument'
        }
        $Error.Count | Should -Be 1
    }

    It 'are none of Test-Himds' {
        $Error.Clear()
        $findings = @(Test-Himds -Endpoint 'http://example.com' -ErrorVariable 'kept')
        $findings[0].Status | Should -Be 'Failed'
        $kept.Count | Should -Be 0
        $Error.Count | Should -Be 0
    }
}

Describe 'A preference' {
    BeforeEach {
        Clear-Emulator
    }

    It 'of a function that calls counts: Stop' {
        function Invoke-Caller {
            $ErrorActionPreference = 'Stop'
            Get-HimdsToken -Resource ''
            'went on'
        }
        { Invoke-Caller } | Should -Throw -ErrorId 'Himds.invalid_argument,Get-HimdsToken'
    }

    It 'of a function that calls counts: SilentlyContinue' {
        function Invoke-Caller {
            $ErrorActionPreference = 'SilentlyContinue'
            Get-HimdsToken -Resource ''
            'went on'
        }
        @(Invoke-Caller 2>&1) -join ' ' | Should -Be 'went on'
    }

    It 'of a script that calls counts' {
        $file = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-preference-$PID.ps1"
        Set-Content -LiteralPath $file -Value '$ErrorActionPreference = "Stop"; Get-HimdsMetadata -Endpoint "http://example.com"; "went on"'
        try {
            { & $file } | Should -Throw -ErrorId 'Himds.configuration,Get-HimdsMetadata'
        }
        finally {
            Remove-Item -LiteralPath $file
        }
    }

    It 'that a caller was given as -ErrorAction counts' {
        function Invoke-Caller {
            [CmdletBinding()]
            param()
            Get-HimdsToken -Resource ''
            'went on'
        }
        { Invoke-Caller -ErrorAction Stop } | Should -Throw -ErrorId 'Himds.invalid_argument,Get-HimdsToken'
    }

    It 'that a caller was given as -ErrorAction Ignore counts' {
        function Invoke-Caller {
            [CmdletBinding()]
            param()
            Get-HimdsToken -Resource ''
            'went on'
        }
        $Error.Clear()
        @(Invoke-Caller -ErrorAction Ignore 2>&1) -join ' ' | Should -Be 'went on'
        $Error.Count | Should -Be 0
    }

    It 'is overruled by the parameter' {
        function Invoke-Caller {
            $ErrorActionPreference = 'Stop'
            Get-HimdsToken -Resource '' -ErrorAction SilentlyContinue
            'went on'
        }
        Invoke-Caller | Should -Be 'went on'
    }

    It 'that a caller was given as -Verbose counts' {
        function Invoke-Caller {
            [CmdletBinding()]
            param()
            $himds = Get-EmulatorParameter
            $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        }
        @(Invoke-Caller -Verbose 4>&1) -join ' ' | Should -Match 'Token for https://vault.azure.net from the service'
        @(Invoke-Caller 4>&1).Count | Should -Be 0
    }

    It 'that a caller has set with $WhatIfPreference counts' {
        function Invoke-Caller {
            $WhatIfPreference = $true
            Clear-HimdsCache
        }
        $himds = Get-EmulatorParameter
        $secret = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        Invoke-Caller
        Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds | Should -BeExactly $secret
        @(Get-EmulatorRequest).Count | Should -Be 2
    }
}
