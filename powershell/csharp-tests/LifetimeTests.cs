using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Himds.Abi1;

/// <summary>Counts the native objects that are alive; needs a debug build of the library, or the feature "testing".</summary>
internal static class LifetimeTests
{
    [DllImport("himds", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    private static extern ulong himds_testing_live_objects();

    internal static void Add(Action<string, Action> add)
    {
        add("what is disposed of is freed", Disposed);
        add("what is forgotten is freed by the finalizers", Forgotten);
        add("failing calls leave nothing behind", Failing);
    }

    private static void Disposed()
    {
        ulong before = Live();
        for (int i = 0; i < 10; i++)
        {
            using (Client client = Tests.NewClient())
            using (AccessToken token = client.GetToken(Tests.Vault))
            using (Metadata metadata = client.GetMetadata())
            {
                token.GetClaims();
                metadata.Get("/compute/name");
                client.Diagnose(null, null);
                client.StartGetToken(Tests.Vault, null).GetResult().Dispose();
                client.StartGetToken("https://storage.azure.com", null).GetResult().Dispose();
            }
        }
        Check.Equal(before, himds_testing_live_objects());
    }

    private static void Forgotten()
    {
        ulong before = Live();
        Forget();
        Settle(before);
    }

    private static void Failing()
    {
        ulong before = Live();
        using (Client client = Tests.NewClient())
        {
            for (int i = 0; i < 10; i++)
            {
                Check.Fails("invalid_argument", () => client.GetToken(""));
                Check.Fails("configuration", () => new Client(new ClientOptions { ClientId = "a", ResourceId = "b" }));
                RequestOptions cancelled = new RequestOptions { Cancellation = new CancellationToken(true) };
                Check.Fails("cancelled", () => client.GetMetadata(cancelled));
            }
        }
        Settle(before);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        // In a thread of its own: mono scans the stack conservatively, and what lies dead on this one would be kept.
        Thread thread = new Thread(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                Client client = Tests.NewClient();
                client.GetToken(Tests.Vault).GetSecret();
                client.GetMetadata().Get("/compute/name");
            }
        });
        thread.Start();
        thread.Join();
    }

    private static ulong Live()
    {
        Collect();
        return himds_testing_live_objects();
    }

    /// <summary>
    /// The collector promises no moment. A few objects may linger, such as one that a register still names; a leak would
    /// show as tens.
    /// </summary>
    private static void Settle(ulong before)
    {
        for (int i = 0; i < 20 && himds_testing_live_objects() > before; i++)
        {
            Collect();
        }
        ulong after = himds_testing_live_objects();
        Check.True(after <= before + 4, "alive before " + before + ", after " + after);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
