using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Himds.Abi1;

/// <summary>A worker of the soak in C#: see tests/soak/README.md for what each worker does.</summary>
internal static class Worker
{
    private const double Deadline = 3, Slack = 2, Life = 308 - 30, Fresh = 5;
    private const int Resources = 10;

    private sealed class Seen
    {
        public string Secret;
        public double Since;
    }

    private static readonly object Lock = new object();
    private static readonly Stopwatch Clock = Stopwatch.StartNew();
    private static readonly SortedDictionary<string, long> Total = new SortedDictionary<string, long>();
    private static readonly Dictionary<string, Seen> Known = new Dictionary<string, Seen>();
    private static Client shared;
    private static double end;

    private static int Main(string[] arguments)
    {
        int count = int.Parse(arguments[0]), seed = int.Parse(arguments[1]);
        shared = MakeClient();
        for (int phase = 2; phase < arguments.Length; phase++)
        {
            end = Now() + int.Parse(arguments[phase]);
            List<Thread> threads = new List<Thread>();
            for (int n = 0; n < count; n++)
            {
                int own = seed * 1000 + phase * 100 + n;
                Thread thread = new Thread(() => Work(own));
                thread.Start();
                threads.Add(thread);
            }
            threads.ForEach(thread => thread.Join());
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Console.WriteLine("idle");
            Console.ReadLine();
        }
        foreach (KeyValuePair<string, long> entry in Total)
        {
            Console.WriteLine(entry.Key + " " + entry.Value);
        }
        Console.WriteLine("end");
        return 0;
    }

    private static double Now()
    {
        return Clock.Elapsed.TotalSeconds;
    }

    private static Client MakeClient()
    {
        return new Client(new ClientOptions { Source = "himds", TimeoutSeconds = Deadline });
    }

    private static void Work(int seed)
    {
        Random random = new Random(seed);
        SortedDictionary<string, long> counts = new SortedDictionary<string, long>();
        while (Now() < end)
        {
            int chance = random.Next(400);
            Call("https://r" + random.Next(Resources) + ".soak.example", chance == 0, chance > 0 && chance < 5, counts);
            // A program does something with its token. This is load, not synchronisation.
            Thread.Sleep(2 + random.Next(8));
        }
        lock (Lock)
        {
            foreach (KeyValuePair<string, long> entry in counts)
            {
                long before;
                Total.TryGetValue(entry.Key, out before);
                Total[entry.Key] = entry.Key == "slowest_ms" ? Math.Max(before, entry.Value) : before + entry.Value;
            }
        }
    }

    private static void Call(string resource, bool own, bool forced, SortedDictionary<string, long> counts)
    {
        Seen known = null;
        lock (Lock)
        {
            if (!own && !forced)
            {
                Known.TryGetValue(resource, out known);
            }
        }
        double started = Now();
        HimdsException error = null;
        string secret = null;
        Client client = own ? MakeClient() : shared;
        try
        {
            using (AccessToken token = client.GetToken(resource, new RequestOptions { ForceRefresh = forced }))
            {
                secret = token.Resource == resource ? token.GetSecret() : "";
            }
        }
        catch (HimdsException caught)
        {
            error = caught;
        }
        finally
        {
            if (own)
            {
                client.Dispose();
            }
        }
        double took = Now() - started;
        Add(counts, "calls");
        if (took > Deadline + Slack)
        {
            Add(counts, "violation_late");
        }
        long slowest;
        counts.TryGetValue("slowest_ms", out slowest);
        counts["slowest_ms"] = Math.Max(slowest, (long)(took * 1000));
        if (error != null)
        {
            CountError(error, known == null ? Life : started - known.Since, counts);
        }
        else if (secret.StartsWith("eyJ", StringComparison.Ordinal))
        {
            Add(counts, "tokens");
            lock (Lock)
            {
                Seen last;
                if (!own && (!Known.TryGetValue(resource, out last) || last.Secret != secret))
                {
                    Known[resource] = new Seen { Secret = secret, Since = Now() };
                }
            }
        }
        else
        {
            Add(counts, "violation_wrong_token");
        }
    }

    private static void CountError(HimdsException error, double age, SortedDictionary<string, long> counts)
    {
        Add(counts, "error_" + error.Status);
        if (error.Status <= 0 || error.Status >= 900)
        {
            Add(counts, "violation_internal");
        }
        // Whether the service is in trouble: then a token that is still valid is returned.
        bool trouble = error.Status == 100 || error.Status == 101 || error.Status == 103 || error.Status == 203
            || error.HttpStatus >= 500;
        if (age < Fresh || (age < Life && trouble))
        {
            Add(counts, "violation_withheld");
        }
        else if (age < Life)
        {
            Add(counts, "refused_in_last_minutes");
        }
    }

    private static void Add(SortedDictionary<string, long> counts, string name)
    {
        long before;
        counts.TryGetValue(name, out before);
        counts[name] = before + 1;
    }
}
