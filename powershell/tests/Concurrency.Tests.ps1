# Runspaces, jobs, and stopping.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'Runspaces' {
    BeforeEach {
        Clear-Emulator
    }

    It 'share one cache with ForEach-Object -Parallel' {
        $module = Get-TestedModulePath
        $himds = Get-EmulatorParameter
        $secrets = @(1..8 | ForEach-Object -ThrottleLimit 8 -Parallel {
                Import-Module -Name $using:module
                $parameters = $using:himds
                Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @parameters
            })
        $secrets.Count | Should -Be 8
        @($secrets | Select-Object -Unique).Count | Should -Be 1
        @(Get-EmulatorRequest).Count | Should -Be 2
    }

    It 'get different tokens at the same time' {
        $module = Get-TestedModulePath
        $himds = Get-EmulatorParameter
        $resources = @(1..8 | ForEach-Object -ThrottleLimit 8 -Parallel {
                Import-Module -Name $using:module
                $parameters = $using:himds
                (Get-HimdsToken -Resource "https://resource-$_.example" @parameters).Resource
            })
        @($resources | Select-Object -Unique).Count | Should -Be 8
    }

    It 'share the cache with a new runspace' {
        $himds = Get-EmulatorParameter
        $secret = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript({
                    param($module, $himds)
                    Import-Module -Name $module
                    Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
                }.ToString()).AddArgument((Get-TestedModulePath)).AddArgument($himds)
            @($shell.Invoke())[0] | Should -BeExactly $secret
        }
        finally {
            $shell.Dispose()
        }
        @(Get-EmulatorRequest).Count | Should -Be 2
    }

    It 'are cleared together' {
        $module = Get-TestedModulePath
        $himds = Get-EmulatorParameter
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        1 | ForEach-Object -Parallel {
            Import-Module -Name $using:module
            Clear-HimdsCache
        }
        $null = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        @(Get-EmulatorRequest).Count | Should -Be 4
    }
}

Describe 'Jobs' {
    BeforeEach {
        Clear-Emulator
    }

    It 'get a token as a string' {
        $module = Get-TestedModulePath
        $himds = Get-EmulatorParameter
        $job = Start-Job -ScriptBlock {
            Import-Module -Name $using:module
            Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @using:himds
        }
        try {
            $secret = $job | Wait-Job -Timeout 60 | Receive-Job
            $secret.Split('.').Count | Should -Be 3
        }
        finally {
            $job | Remove-Job -Force
        }
    }
}

Describe 'Stopping' {
    BeforeEach {
        Clear-Emulator
    }

    It 'ends <Name> at once while it waits for the service' -ForEach @(
        @{ Name = 'Get-HimdsToken'; Own = @{ Resource = 'https://vault.azure.net' } }
        @{ Name = 'Get-HimdsMetadata'; Own = @{} }
        @{ Name = 'Get-HimdsClaim'; Own = @{ Resource = 'https://vault.azure.net' } }
    ) {
        Add-EmulatorFault -Json '{"on": "any", "count": 0, "wire": {"action": "hang", "after": "nothing"}}'
        $himds = Get-EmulatorParameter
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript({
                    param($module, $name, $own, $himds)
                    Import-Module -Name $module
                    & $name @own @himds -TimeoutSec 60
                }.ToString()).AddArgument((Get-TestedModulePath)).AddArgument($Name).AddArgument($Own).AddArgument($himds)
            $running = $shell.BeginInvoke()
            Wait-Until -Condition { @(Get-EmulatorRequest).Count -gt 0 }
            $running.IsCompleted | Should -BeFalse
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $watch.ElapsedMilliseconds | Should -BeLessThan 2000
            $shell.InvocationStateInfo.State | Should -Be 'Stopped'
        }
        finally {
            $shell.Dispose()
        }
    }

    It 'leaves a module that works' {
        $himds = Get-EmulatorParameter
        (Get-HimdsToken -Resource 'https://vault.azure.net' @himds).Type | Should -Be 'Bearer'
    }

    It 'ends a call at its time-out' {
        Add-EmulatorFault -Json '{"on": "any", "count": 0, "wire": {"action": "hang", "after": "nothing"}}'
        $himds = Get-EmulatorParameter
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $failure = Get-HimdsMetadata -TimeoutSec 0.5 @himds -ErrorAction Continue 2>&1
        $failure.FullyQualifiedErrorId | Should -Be 'Himds.timeout,Get-HimdsMetadata'
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
    }
}
