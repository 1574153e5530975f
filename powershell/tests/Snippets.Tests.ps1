# What is copied from the documentation: every PowerShell block of README.md and docs/powershell*.md, pasted into a session of its
# own. There the module is in PSModulePath, and an emulator stands for the machine's service, Azure Resource Manager and Key Vault.
BeforeAll {
    Import-Module -Name (Join-Path -Path $PSScriptRoot -ChildPath 'HimdsTesting.psm1') -Force
    Open-Emulator -Azure

    # The folders that the pages name.
    $work = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath "himds-snippets-$PID"
    $null = New-Item -ItemType Directory -Path "$work/dist/powershell"
    Copy-Item -LiteralPath (Get-TestedModulePath) -Destination "$work/dist/powershell/Himds" -Recurse
    Copy-Item -LiteralPath (Join-Path -Path (Get-TestedModulePath) -ChildPath 'Himds.cs') -Destination $work

    $addresses = Get-EmulatorAddress
    $session = @"
`$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest
Set-Location -LiteralPath '$work'
`$env:PSModulePath = '$work/dist/powershell' + [System.IO.Path]::PathSeparator + `$env:PSModulePath
`$env:GALLERY_KEY = 'key'
`$PSDefaultParameterValues = @{
    '*-Himds*:Source'         = 'Himds'
    '*-Himds*:Endpoint'       = '$($addresses.himds)'
    '*-Himds*:TokenDirectory' = '$($addresses.token_dir)'
}
function Invoke-RestMethod {
    param([Parameter(Position = 0)] [string] `$Uri, [hashtable] `$Headers, [string] `$Authentication, [securestring] `$Token)
    `$PSBoundParameters['Uri'] = `$Uri.Replace('https://management.azure.com', '$($addresses.arm)')
    Microsoft.PowerShell.Utility\Invoke-RestMethod @PSBoundParameters -SkipCertificateCheck -NoProxy
}
# What Windows, Az or a gallery has.
function Get-ChildItem {
    if (`$args[0] -like 'Cert:*') { 'certificate' } else { Microsoft.PowerShell.Management\Get-ChildItem @args }
}
foreach (`$name in 'Set-AuthenticodeSignature', 'Get-AuthenticodeSignature', 'New-FileCatalog', 'Publish-PSResource',
    'Register-PSResourceRepository', 'Install-PSResource', 'Connect-AzAccount') {
    Set-Item -LiteralPath "function:`$name" -Value { `$null = @(`$input) }
}

"@
}

AfterAll {
    Remove-Item -LiteralPath $work -Recurse
    Close-Emulator
}

Describe 'The snippets' {
    # Here, because the list of tests is made of it.
    $root = Split-Path -Path (Split-Path -Path $PSScriptRoot -Parent) -Parent
    $blocks = foreach ($page in Get-ChildItem -Path "$root/README.md", "$root/docs/powershell*.md") {
        $number = 0
        foreach ($match in [regex]::Matches((Get-Content -LiteralPath $page.FullName -Raw), '(?ms)^```powershell\r?\n(.*?)^```')) {
            $number++
            @{ Document = $page.Name; Number = $number; Text = $match.Groups[1].Value }
        }
    }

    It 'run as they are pasted: <Document> <Number>' -ForEach $blocks {
        $file = Join-Path -Path $work -ChildPath 'pasted.ps1'
        Set-Content -LiteralPath $file -Value ($session + $Text)
        $shell = (Get-Process -Id $PID).Path
        $env:LD_LIBRARY_PATH, $before = (Split-Path -Path ([Himds.Abi1.Library].Assembly.Location)), $env:LD_LIBRARY_PATH
        try {
            $output = & $shell -NoProfile -NonInteractive -File $file 2>&1 | Out-String
        }
        finally {
            $env:LD_LIBRARY_PATH = $before
        }
        $LASTEXITCODE | Should -Be 0 -Because "of $output"
    }

    It 'are found in README.md and in each page' -ForEach @{ Documents = @($blocks.Document | Select-Object -Unique) } {
        $Documents.Count | Should -Be 4
    }
}
