using System;
using System.Collections.Generic;
using Himds.Abi1;

/// <summary>What a test says when it does not find what it expects.</summary>
internal sealed class CheckFailed : Exception
{
    internal CheckFailed(string message)
        : base(message)
    {
    }
}

/// <summary>The few comparisons that the tests need, and the loop that runs them.</summary>
internal static class Check
{
    internal static void Equal(object expected, object found)
    {
        if (!object.Equals(expected, found))
        {
            throw new CheckFailed("expected <" + expected + "> but found <" + found + ">");
        }
    }

    internal static void True(bool condition, string what)
    {
        if (!condition)
        {
            throw new CheckFailed("not so: " + what);
        }
    }

    internal static void Hides(string secret, object shown)
    {
        True(secret.Length > 20, "the secret is long enough to be looked for");
        True(shown.ToString().IndexOf(secret, StringComparison.Ordinal) < 0, shown.GetType().Name + " hides the secret");
    }

    /// <summary>Runs what must fail with this kind, and gives the exception.</summary>
    internal static HimdsException Fails(string kind, Action action)
    {
        try
        {
            action();
        }
        catch (HimdsException exception)
        {
            Equal(kind, exception.Kind);
            return exception;
        }
        throw new CheckFailed("expected the kind " + kind + " but nothing was thrown");
    }

    internal static int Run(IEnumerable<KeyValuePair<string, Action>> tests)
    {
        int passed = 0;
        int failed = 0;
        foreach (KeyValuePair<string, Action> test in tests)
        {
            try
            {
                test.Value();
                passed++;
                Console.WriteLine("ok " + test.Key);
            }
            catch (Exception exception)
            {
                failed++;
                Console.WriteLine("FAILED " + test.Key + ": " + exception);
            }
        }
        Console.WriteLine("{0} passed, {1} failed", passed, failed);
        return failed == 0 ? 0 : 1;
    }
}
