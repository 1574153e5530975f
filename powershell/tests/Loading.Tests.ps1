# How the module is loaded: the assembly, the native library, and what an import says that fails.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'The loader' {
    BeforeAll {
        # In a process of its own, because a process keeps the first library that it loads.
        function Invoke-Shell {
            param(
                [string] $Command
            )

            $shell = (Get-Process -Id $PID).Path
            (& $shell -NoProfile -NonInteractive -Command $Command 2>&1 | Out-String).Trim()
        }
    }

    It 'takes the folder of this platform' {
        $runtimeId = & (Get-Module -Name 'Himds') { Get-HimdsRuntimeId }
        $runtimeId | Should -Match '^(win|linux|linux-musl|osx)-(x64|x86|arm64|arm)$'
        [Himds.Abi1.Library].Assembly.Location | Should -BeLike "*/runtimes/$runtimeId/native/Himds.PowerShell.dll"
    }

    It 'compiles the source for the library in $env:HIMDS_LIBRARY' {
        $module = Get-TestedModulePath
        $library = (Get-ChildItem -LiteralPath (Split-Path -Path ([Himds.Abi1.Library].Assembly.Location)) -Filter '*himds.*' |
                Where-Object -Property 'Extension' -In -Value '.so', '.dylib')[0].FullName
        $copy = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-$PID.so"
        Copy-Item -LiteralPath $library -Destination $copy
        try {
            $output = Invoke-Shell -Command ("`$env:HIMDS_LIBRARY = '$copy'; Import-Module '$module' -ErrorAction Stop; " +
                '[Himds.Abi1.Library]::Name; (Get-HimdsSource -Source Himds).Source')
            $output | Should -BeLike "$copy*Himds"
        }
        finally {
            Remove-Item -LiteralPath $copy
        }
    }

    It 'takes a blank $env:HIMDS_LIBRARY for none' {
        $module = Get-TestedModulePath
        $output = Invoke-Shell -Command ("`$env:HIMDS_LIBRARY = ' '; Import-Module '$module' -ErrorAction Stop; " +
            '[Himds.Abi1.Library].Assembly.Location')
        $output | Should -BeLike "$module/runtimes/*/native/Himds.PowerShell.dll"
    }

    It 'says what it loads with $VerbosePreference' {
        $module = Get-TestedModulePath
        $output = Invoke-Shell -Command "`$VerbosePreference = 'Continue'; Import-Module '$module' 4>&1 | Out-String -Width 1000"
        $output | Should -BeLike "*Loading '$module/runtimes/*"
    }

    It 'says that a file is not a library' {
        $module = Get-TestedModulePath
        $file = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-text-$PID.so"
        Set-Content -LiteralPath $file -Value 'no library'
        try {
            $output = Invoke-Shell -Command ("`$env:HIMDS_LIBRARY = '$file'; " +
                "try { Import-Module '$module' -ErrorAction Stop } catch { `$_.Exception.Message; `$_.FullyQualifiedErrorId }")
            $output | Should -BeLike "*'$file' cannot be loaded: it is missing, or not a library for this platform*"
            $output | Should -BeLike '*Himds.library_unusable*'
        }
        finally {
            Remove-Item -LiteralPath $file
        }
    }

    It 'takes a relative path from where PowerShell is' {
        $module = Get-TestedModulePath
        $output = Invoke-Shell -Command ("Set-Location -LiteralPath '$([System.IO.Path]::GetTempPath())'; " +
            "`$env:HIMDS_LIBRARY = './no-such-himds.so'; try { Import-Module '$module' -ErrorAction Stop } catch { `$_.Exception.Message }")
        $output | Should -BeLike "*'$([System.IO.Path]::GetTempPath().TrimEnd('/'))/no-such-himds.so'*"
    }

    It 'loads a second copy next to the first, as after an update' {
        $module = Get-TestedModulePath
        $folder = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-second-$PID"
        Copy-Item -LiteralPath $module -Destination $folder -Recurse
        try {
            $output = Invoke-Shell -Command ("Import-Module '$module/Himds.psd1' -ErrorAction Stop; " +
                "Import-Module '$folder/Himds.psd1' -Force -ErrorAction Stop; (Get-HimdsSource -Source Imds).Source")
            $output | Should -Be 'Imds'
        }
        finally {
            Remove-Item -LiteralPath $folder -Recurse
        }
    }

    It 'says what it looked for when the library is missing' {
        $module = Get-TestedModulePath
        $output = Invoke-Shell -Command ("`$env:HIMDS_LIBRARY = '/nowhere/libhimds.so'; " +
            "try { Import-Module '$module' -ErrorAction Stop } catch { `$_.Exception.Message; `$_.FullyQualifiedErrorId }")
        $output | Should -BeLike '*/nowhere/libhimds.so*'
        $output | Should -BeLike '*HIMDS_LIBRARY*'
    }

    It 'compiles the source when the assembly is missing' {
        $folder = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-module-$PID"
        Copy-Item -LiteralPath (Get-TestedModulePath) -Destination $folder -Recurse
        try {
            Get-ChildItem -LiteralPath $folder -Recurse -Filter 'Himds.PowerShell.dll' | Remove-Item
            $output = Invoke-Shell -Command ("Import-Module '$folder/Himds.psd1' -ErrorAction Stop; " +
                '(Get-HimdsSource -Source Imds).Source')
            $output | Should -Be 'Imds'
        }
        finally {
            Remove-Item -LiteralPath $folder -Recurse
        }
    }

    It 'leaves classes that are usable alone, by Add-Type' {
        $source = Join-Path -Path (Get-TestedModulePath) -ChildPath 'Himds.cs'
        $before = $env:LD_LIBRARY_PATH
        $env:LD_LIBRARY_PATH = Split-Path -Path ([Himds.Abi1.Library].Assembly.Location)
        try {
            $output = Invoke-Shell -Command ("Add-Type -Path '$source'; `$options = [Himds.Abi1.ClientOptions]::new(); " +
                "`$options.Source = 'imds'; [Himds.Abi1.Client]::new(`$options).Source")
        }
        finally {
            $env:LD_LIBRARY_PATH = $before
        }
        $output | Should -Be 'imds'
    }

    It 'says of classes alone without a library that it is missing' {
        $source = Join-Path -Path (Get-TestedModulePath) -ChildPath 'Himds.cs'
        $output = Invoke-Shell -Command ("Add-Type -Path '$source'; " +
            'try { [Himds.Abi1.Client]::new() } catch { $_.Exception.GetBaseException().Message }')
        $output | Should -BeLike "*'himds' cannot be loaded: it is missing*"
    }

    It 'takes no other library when its own does not load' {
        $folder = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-own-$PID"
        Copy-Item -LiteralPath (Get-TestedModulePath) -Destination $folder -Recurse
        $before = $env:LD_LIBRARY_PATH
        $env:LD_LIBRARY_PATH = Split-Path -Path ([Himds.Abi1.Library].Assembly.Location)
        try {
            $own = (Get-ChildItem -LiteralPath $folder -Recurse -Filter 'libhimds.*')[0].FullName
            Set-Content -LiteralPath $own -Value 'damaged'
            $output = Invoke-Shell -Command ("try { Import-Module '$folder/Himds.psd1' -ErrorAction Stop; 'imported' } " +
                "catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }; 'modules:' + (Get-Module -Name Himds).Count")
            $output | Should -BeLike '*Himds.library_unusable*'
            $output | Should -BeLike "*'$own' cannot be loaded*"
            $output | Should -BeLike '*modules:0'
        }
        finally {
            $env:LD_LIBRARY_PATH = $before
            Remove-Item -LiteralPath $folder -Recurse
        }
    }

    It 'is found in a PSModulePath folder' {
        $parent = Split-Path -Path (Get-TestedModulePath) -Parent
        $output = Invoke-Shell -Command ("`$env:PSModulePath = '$parent' + [IO.Path]::PathSeparator + `$env:PSModulePath; " +
            '(Get-HimdsSource -Source Himds).Source')
        $output | Should -Be 'Himds'
    }
}

Describe 'A module that cannot be loaded' {
    BeforeAll {
        # The errors of an import in a process of its own, of a copy that was changed before; then how many modules there are.
        function Import-Changed {
            param(
                [scriptblock] $Change,

                [string] $Before = ''
            )

            $folder = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-changed-$PID"
            Copy-Item -LiteralPath (Get-TestedModulePath) -Destination $folder -Recurse
            try {
                & $Change $folder
                $shell = (Get-Process -Id $PID).Path
                & $shell -NoProfile -NonInteractive -Command ("$Before; & { try { Import-Module '$folder/Himds.psd1' } catch { `$_ } } 2>&1 | " +
                    'ForEach-Object { "error: $($_.FullyQualifiedErrorId): " + ($_.Exception.Message -replace "\s+", " ") }; ' +
                    '"modules: $(@(Get-Module -Name Himds).Count)"')
            }
            finally {
                Remove-Item -LiteralPath $folder -Recurse
            }
        }
    }

    It 'says one thing and is not imported: <Because>' -ForEach @(
        @{
            Because = 'a file of a function is missing'; Id = 'Himds.module_incomplete'; Text = '*Wait-HimdsCall.ps1*Install the module again.*'
            Change  = { param($folder) Remove-Item -LiteralPath "$folder/Private/Wait-HimdsCall.ps1" }
        }
        @{
            Because = 'a file of a function is cut'; Id = 'Himds.module_incomplete'; Text = '*Get-HimdsToken.ps1*Install the module again.*'
            Change  = { param($folder) Set-Content -LiteralPath "$folder/Public/Get-HimdsToken.ps1" -Value 'function Get-HimdsToken {' }
        }
        @{
            Because = 'a file of a function is empty'; Id = 'Himds.module_incomplete'; Text = '*Wait-HimdsCall.ps1*Install the module again.*'
            Change  = { param($folder) Set-Content -LiteralPath "$folder/Private/Wait-HimdsCall.ps1" -Value '' }
        }
        @{
            Because = 'the assembly is damaged'; Id = 'Himds.assembly_unusable'; Text = '*Himds.PowerShell.dll*Install the module again.*'
            Change  = {
                param($folder)
                Get-ChildItem -LiteralPath $folder -Recurse -Filter 'Himds.PowerShell.dll' | Set-Content -Value 'damaged'
            }
        }
        @{
            Because = 'assembly and source are missing'; Id = 'Himds.assembly_unusable'; Text = '*Himds.cs*Install the module again.*'
            Change  = {
                param($folder)
                Get-ChildItem -LiteralPath $folder -Recurse -Include 'Himds.PowerShell.dll', 'Himds.cs' | Remove-Item
            }
        }
        @{
            Because = 'the source does not compile'; Id = 'Himds.assembly_unusable'; Text = '*Himds.cs*Install the module again.*'
            Change  = {
                param($folder)
                Get-ChildItem -LiteralPath $folder -Recurse -Filter 'Himds.PowerShell.dll' | Remove-Item
                Set-Content -LiteralPath "$folder/Himds.cs" -Value 'class {'
            }
        }
        @{
            Because = 'the native library is missing'; Id = 'Himds.library_not_found'; Text = '*libhimds*HIMDS_LIBRARY*'
            Change  = { param($folder) Get-ChildItem -LiteralPath $folder -Recurse -Filter 'libhimds.*' | Remove-Item }
        }
    ) {
        $told = @(Import-Changed -Change $Change)
        $told.Count | Should -Be 2
        $told[0] | Should -BeLike "error: $Id,*"
        $told[0] | Should -BeLike $Text
        $told[1] | Should -Be 'modules: 0'
    }

    It 'names the full language in Constrained Language Mode' {
        $told = @(Import-Changed -Change { } -Before '$ExecutionContext.SessionState.LanguageMode = "ConstrainedLanguage"')
        $told.Count | Should -Be 2
        $told[0] | Should -BeLike 'error: *Himds.language_mode*needs the full language*sign the module*'
        $told[1] | Should -Be 'modules: 0'
    }
}
