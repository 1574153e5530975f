# Where a token must not show.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator
}

AfterAll {
    Close-Emulator
}

Describe 'A token' {
    BeforeEach {
        Clear-Emulator
    }

    It 'is not on the screen: <Form>' -ForEach @(
        @{ Form = 'Out-String'; Show = { param($token) $token | Out-String -Width 500 } }
        @{ Form = 'Format-List'; Show = { param($token) $token | Format-List -Property '*' | Out-String -Width 500 } }
        @{ Form = 'Format-Table'; Show = { param($token) $token | Format-Table -Property '*' | Out-String -Width 500 } }
        @{ Form = 'a string'; Show = { param($token) "$token" } }
        @{ Form = 'ConvertTo-Json'; Show = { param($token) $token | ConvertTo-Json -WarningAction 'SilentlyContinue' } }
        @{ Form = 'ConvertTo-Csv'; Show = { param($token) $token | ConvertTo-Csv | Out-String -Width 500 } }
        @{ Form = 'Get-Member'; Show = { param($token) $token | Get-Member | Out-String -Width 500 } }
    ) {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        $secret = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        $shown = & $Show $token
        $shown | Should -Not -BeNullOrEmpty
        $shown.Contains($secret) | Should -BeFalse
        $shown.Contains($secret.Split('.')[2]) | Should -BeFalse
    }

    It 'is not in the file of Export-Clixml' {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        $secret = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        $file = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-$PID.xml"
        try {
            $null = $token.Token
            $token | Export-Clixml -LiteralPath $file
            $written = Get-Content -LiteralPath $file -Raw
            $written.Contains($secret) | Should -BeFalse
            $hex = [System.BitConverter]::ToString([System.Text.Encoding]::Unicode.GetBytes($secret.Substring(0, 20))).Replace('-', '')
            $written.ToUpperInvariant().Contains($hex) | Should -BeFalse
            $read = Import-Clixml -LiteralPath $file
            $read.Resource | Should -Be 'https://vault.azure.net'
            $read.PSObject.Properties.Name | Should -Not -Contain 'Token'
        }
        finally {
            Remove-Item -LiteralPath $file
        }
    }

    It 'is not in the file of Export-Clixml when the module was removed' {
        $shell = (Get-Process -Id $PID).Path
        $module = Get-TestedModulePath
        $address = Get-EmulatorAddress
        $file = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-removed-$PID.xml"
        try {
            & $shell -NoProfile -NonInteractive -Command ("Import-Module '$module'; `$token = Get-HimdsToken https://vault.azure.net " +
                "-Source Himds -Endpoint '$($address.himds)' -TokenDirectory '$($address.token_dir)'; `$null = `$token.Token; " +
                "Remove-Module Himds; `$token | Export-Clixml -LiteralPath '$file'")
            $written = Get-Content -LiteralPath $file -Raw
            $written | Should -BeLike '*https://vault.azure.net*'
            $written.Contains('N="Token"') | Should -BeFalse
        }
        finally {
            Remove-Item -LiteralPath $file
        }
    }

    It 'is not in the file of Export-Clixml: <Because>' -ForEach @(
        @{ Because = 'the module lies in a folder with brackets'; Folder = 'Firm [EU]'; Before = '' }
        @{
            Because = 'a profile has given the class type data'; Folder = 'plain'
            Before  = "Update-TypeData -TypeName Himds.Abi1.AccessToken -SerializationMethod AllPublicProperties -SerializationDepth 3"
        }
        @{
            Because = 'a profile has given it a property that has the token'; Folder = 'plain'
            Before  = "Update-TypeData -TypeName Himds.Abi1.AccessToken -MemberName Clear -MemberType ScriptProperty -Value { `$this.GetSecret() }"
        }
    ) {
        $shell = (Get-Process -Id $PID).Path
        $address = Get-EmulatorAddress
        $folder = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-$PID" -AdditionalChildPath $Folder
        $null = New-Item -ItemType Directory -Path $folder
        Copy-Item -LiteralPath (Get-TestedModulePath) -Destination "$folder/Himds" -Recurse
        $file = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-clixml-$PID.xml"
        try {
            & $shell -NoProfile -NonInteractive -Command ("$Before; `$env:PSModulePath = '$folder' + ':' + `$env:PSModulePath; " +
                "`$token = Get-HimdsToken https://vault.azure.net " +
                "-Source Himds -Endpoint '$($address.himds)' -TokenDirectory '$($address.token_dir)'; `$null = `$token.Token; " +
                "`$token | Export-Clixml -LiteralPath '$file'")
            $written = Get-Content -LiteralPath $file -Raw
            $written | Should -BeLike '*https://vault.azure.net*'
            $written | Should -Not -Match 'N="(Token|Clear)"|<SS|eyJ[\w-]+\.eyJ'
        }
        finally {
            Remove-Item -LiteralPath $file -ErrorAction SilentlyContinue
            Remove-Item -LiteralPath (Split-Path -Path $folder -Parent) -Recurse
        }
    }

    It 'is refused by a module that cannot keep it' {
        # Type data that this session may not change.
        $told = & (Get-Module -Name 'Himds') {
            function Update-TypeData { }
            function Get-TypeData { [pscustomobject]@{ SerializationMethod = $null; InheritPropertySerializationSet = $false } }
            try { Protect-HimdsToken } catch { $_ }
        }
        $told.FullyQualifiedErrorId | Should -Be 'Himds.token_unprotected'
    }

    It 'does not come back from a job' {
        $module = Get-TestedModulePath
        $himds = Get-EmulatorParameter
        $job = Start-Job -ScriptBlock {
            Import-Module -Name $using:module
            Get-HimdsToken -Resource 'https://vault.azure.net' @using:himds
        }
        try {
            $token = $job | Wait-Job -Timeout 60 | Receive-Job
            $token.Resource | Should -Be 'https://vault.azure.net'
            $token.PSObject.Properties.Name | Should -Not -Contain 'Token'
            # As docs/powershell.md has it: by its property it can be compared.
            $token.ExpiresOn.UtcDateTime | Should -BeGreaterThan ([datetime]::UtcNow)
        }
        finally {
            $job | Remove-Job -Force
        }
    }

    It 'is not told by -Verbose or -Debug' {
        $himds = Get-EmulatorParameter
        $secret = Get-HimdsToken -Resource 'https://vault.azure.net' -AsPlainText @himds
        Clear-HimdsCache
        $everything = Get-HimdsToken -Resource 'https://vault.azure.net' @himds -Verbose -Debug *>&1 | Out-String -Width 1000
        $everything += Get-HimdsClaim -Resource 'https://vault.azure.net' @himds -Verbose -Debug *>&1 | Out-String -Width 1000
        $everything += Test-Himds @himds -Verbose -Debug *>&1 | Out-String -Width 1000
        # The streams are in it: only then is what they lack worth checking.
        $everything | Should -BeLike '*Token for https://vault.azure.net from*'
        $everything.Contains($secret) | Should -BeFalse
        $everything | Should -Not -Match 'eyJ[\w-]+\.eyJ'
    }

    It 'is not in an error, nor is the key' {
        Add-EmulatorFault -Json ('{"on": "challenge", "key": {"content": "a-key-that-nobody-may-see"}}')
        Add-EmulatorFault -Json ('{"on": "key", "status": 400, ' +
            '"body": "{\"error\": \"a-key-that-nobody-may-see {token}\", \"error_description\": \"{token}\"}"}')
        $himds = Get-EmulatorParameter
        $failure = Get-HimdsToken -Resource 'https://vault.azure.net' @himds -ErrorAction Continue 2>&1
        $everything = @(
            $failure | Format-List -Property '*' -Force | Out-String -Width 2000
            $failure.Exception | Format-List -Property '*' -Force | Out-String -Width 2000
            $failure.Exception.ToString()
            $failure.ErrorDetails | Format-List -Property '*' -Force | Out-String -Width 2000
        ) -join ' '
        $everything.Contains('a-key-that-nobody-may-see') | Should -BeFalse
        $everything | Should -Not -Match 'eyJ[\w-]+\.eyJ'
    }

    It 'shows its other properties in a table' {
        $himds = Get-EmulatorParameter
        $shown = Get-HimdsToken -Resource 'https://vault.azure.net' @himds | Out-String -Width 200
        $shown | Should -Match 'https://vault\.azure\.net'
        $shown | Should -Match 'ExpiresOn'
        $shown | Should -Not -Match 'SecureString'
    }

    It 'names its resource and expiry as a string' {
        $himds = Get-EmulatorParameter
        $token = Get-HimdsToken -Resource 'https://vault.azure.net' @himds
        "$token" | Should -Match 'https://vault\.azure\.net'
    }
}
