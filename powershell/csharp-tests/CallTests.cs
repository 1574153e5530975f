using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Himds.Abi1;

internal static class CallTests
{
    internal static void Add(Action<string, Action> add)
    {
        add("a started call gives its result", Started);
        add("a cached token starts nothing", FromCache);
        add("a started call throws what it threw, not wrapped", StartedFailure);
        add("a started call is cancelled within a tenth of a second", CancelStarted);
        add("a call is cancelled by its token", CancelToken);
        add("a call with a token that was cancelled before", CancelledBefore);
        add("cancelling what has ended does nothing", CancelLate);
        add("a call ends with its own time-out", TimeOut);
        add("tasks can be awaited", Awaited);
        add("32 threads on a cold client make one handshake", Threads);
        add("32 started calls share one handshake", StartedTogether);
        add("32 started calls that wait keep their own time-outs", ManyThatWait);
        add("a client closed while threads use it", ClosedInUse);
    }

    private static void Started()
    {
        using (Client client = Tests.NewClient())
        {
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, null);
            Check.True(call.Wait(10000), "it ends");
            Check.True(call.IsCompleted && !call.FromCache, "it came from the service");
            Check.Equal(Tests.Vault, call.GetResult().Resource);
            TimeSpan elapsed = call.Elapsed;
            Check.True(elapsed > TimeSpan.Zero && elapsed == call.Elapsed, "its time stands still");
            Check.Equal("arc-demo", client.StartGetMetadata(null).GetResult().Name);
        }
    }

    private static void FromCache()
    {
        using (Client client = Tests.NewClient())
        {
            client.GetToken(Tests.Vault);
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, new RequestOptions());
            Check.True(call.IsCompleted && call.FromCache && call.Wait(0), "it is there at once");
            call.Cancel();
            Check.Equal(Tests.Vault, call.GetResult().Resource);
        }
    }

    private static void StartedFailure()
    {
        Tests.Server.Fault("{\"preset\":\"entra\",\"on\":\"any\"}");
        using (Client client = Tests.NewClient())
        {
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, null);
            Check.True(call.Wait(10000), "it ends");
            Check.Fails("service", () => call.GetResult());
        }
    }

    private static void CancelStarted()
    {
        Tests.Server.Fault(Tests.Hang);
        using (Client client = Tests.NewClient())
        {
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, null);
            Check.True(!call.Wait(200), "it waits for the answer");
            Stopwatch watch = Stopwatch.StartNew();
            call.Cancel();
            Check.Equal(102, Check.Fails("cancelled", () => call.GetResult()).Status);
            Check.True(watch.ElapsedMilliseconds < 500, "it took " + watch.ElapsedMilliseconds + " ms");
        }
    }

    private static void CancelToken()
    {
        Tests.Server.Fault(Tests.Hang);
        using (Client client = Tests.NewClient())
        using (CancellationTokenSource cancellation = new CancellationTokenSource())
        {
            RequestOptions limits = new RequestOptions { Cancellation = cancellation.Token };
            Stopwatch watch = Stopwatch.StartNew();
            cancellation.CancelAfter(100);
            Check.Fails("cancelled", () => client.GetToken(Tests.Vault, limits));
            Check.True(watch.ElapsedMilliseconds < 1000, "it took " + watch.ElapsedMilliseconds + " ms");
        }
    }

    private static void CancelledBefore()
    {
        using (Client client = Tests.NewClient())
        {
            RequestOptions limits = new RequestOptions { Cancellation = new CancellationToken(true) };
            Check.Fails("cancelled", () => client.GetToken(Tests.Vault, limits));
            Check.Fails("cancelled", () => client.GetMetadata(limits));
        }
    }

    private static void CancelLate()
    {
        using (Client client = Tests.NewClient())
        {
            PendingCall<AccessToken> call = client.StartGetToken(Tests.Vault, null);
            AccessToken token = call.GetResult();
            call.Cancel();
            Check.True(object.ReferenceEquals(token, call.GetResult()), "the result stays");
        }
    }

    private static void TimeOut()
    {
        Tests.Server.Fault(Tests.Hang);
        using (Client client = Tests.NewClient())
        {
            Stopwatch watch = Stopwatch.StartNew();
            RequestOptions limits = new RequestOptions { TimeoutSeconds = 0.3 };
            Check.Fails("timeout", () => client.GetToken(Tests.Vault, limits));
            Check.Fails("timeout", () => client.GetMetadata(limits));
            Check.True(watch.ElapsedMilliseconds < 3000, "it took " + watch.ElapsedMilliseconds + " ms");
        }
    }

    private static void Awaited()
    {
        using (Client client = Tests.NewClient())
        {
            Task<AccessToken> token = client.GetTokenAsync(Tests.Vault, null);
            Task<Metadata> metadata = client.GetMetadataAsync(null);
            Check.True(Task.WaitAll(new Task[] { token, metadata }, 10000), "both end");
            Check.Equal(Tests.Vault, token.Result.Resource);
            Check.Equal("arc-demo", metadata.Result.Name);
        }
    }

    private static void Threads()
    {
        using (Client client = Tests.NewClient())
        {
            List<string> secrets = new List<string>();
            InThreads(32, () =>
            {
                string secret = client.GetToken(Tests.Vault).GetSecret();
                lock (secrets)
                {
                    secrets.Add(secret);
                }
            });
            Check.Equal(32, secrets.Count);
            Check.True(secrets.TrueForAll(secret => secret == secrets[0]), "all have the same token");
            Check.Equal(2, Tests.Server.Requests());
        }
    }

    private static void StartedTogether()
    {
        using (Client client = Tests.NewClient())
        {
            List<PendingCall<AccessToken>> calls = new List<PendingCall<AccessToken>>();
            for (int i = 0; i < 32; i++)
            {
                calls.Add(client.StartGetToken(Tests.Vault, null));
            }
            foreach (PendingCall<AccessToken> call in calls)
            {
                Check.Equal(Tests.Vault, call.GetResult().Resource);
            }
            Check.Equal(2, Tests.Server.Requests());
        }
    }

    private static void ManyThatWait()
    {
        Tests.Server.Fault(Tests.Hang);
        using (Client client = Tests.NewClient())
        {
            RequestOptions limits = new RequestOptions { TimeoutSeconds = 1 };
            Stopwatch watch = Stopwatch.StartNew();
            List<PendingCall<AccessToken>> calls = new List<PendingCall<AccessToken>>();
            for (int i = 0; i < 32; i++)
            {
                calls.Add(client.StartGetToken("https://resource-" + i, limits));
            }
            foreach (PendingCall<AccessToken> call in calls)
            {
                Check.Equal("timeout", call.GetOutcome().Error.Kind);
            }
            Check.True(watch.ElapsedMilliseconds < 3000, "it took " + watch.ElapsedMilliseconds + " ms");
        }
    }

    private static void ClosedInUse()
    {
        // Disposing waits for nobody and frees nothing that a call still uses: each call ends well or says "closed".
        for (int round = 0; round < 20; round++)
        {
            Client client = Tests.NewClient();
            int others = 0;
            Thread closer = new Thread(client.Dispose);
            closer.Start();
            InThreads(4, () =>
            {
                try
                {
                    client.GetToken(Tests.Vault).GetSecret();
                }
                catch (HimdsException exception)
                {
                    if (exception.Kind != "closed")
                    {
                        Interlocked.Increment(ref others);
                    }
                }
            });
            closer.Join();
            Check.Equal(0, others);
        }
    }

    private static void InThreads(int count, Action action)
    {
        List<Thread> threads = new List<Thread>();
        Exception failure = null;
        using (ManualResetEvent start = new ManualResetEvent(false))
        {
            for (int i = 0; i < count; i++)
            {
                Thread thread = new Thread(() =>
                {
                    try
                    {
                        start.WaitOne();
                        action();
                    }
                    catch (Exception exception)
                    {
                        failure = exception;
                    }
                });
                thread.Start();
                threads.Add(thread);
            }
            start.Set();
            foreach (Thread thread in threads)
            {
                thread.Join();
            }
        }
        if (failure != null)
        {
            throw new CheckFailed("a thread failed: " + failure);
        }
    }
}
