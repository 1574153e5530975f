// himds.hpp: what it returns, throws, moves and frees. Run by `himds-emulator -- PROGRAM`.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "himds.hpp"

using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_constructible_v<himds::Client> && !std::is_copy_constructible_v<himds::Client>);
static_assert(std::is_nothrow_move_constructible_v<himds::Token> && !std::is_copy_constructible_v<himds::Token>);
static_assert(std::is_nothrow_move_assignable_v<himds::Metadata> && !std::is_copy_assignable_v<himds::Metadata>);
static_assert(std::is_nothrow_copy_constructible_v<himds::Error>);
static_assert(std::is_base_of_v<std::exception, himds::Error>);

static int failures = 0;
#define CHECK(condition) \
    ((condition) ? void() : (void)(std::printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #condition), ++failures))

// The error that a call throws; a call that throws nothing is a failure.
template <typename Call>
static himds::Error thrown(Call call) {
    try {
        call();
    } catch (const himds::Error &error) {
        return error;
    }
    CHECK(!"nothing was thrown");
    return himds::Error(HIMDS_OK, nullptr);
}

static himds::Options options() {
    himds::Options options;
    options.source("himds").endpoint(std::getenv("IMDS_ENDPOINT")).token_dir(std::getenv("HIMDS_EMULATOR_TOKEN_DIR"));
    return options;
}

static void values() {
    himds::Client first(options().timeout(10s).connect_timeout(1s).max_attempts(2).verify_peer(true).wait_for_service(0s).user_agent("wrapper test"));
    const himds::Client client = std::move(first);
    CHECK(client.source() == "himds" && !client.source_reason().empty());
    CHECK(client.endpoint() == std::getenv("IMDS_ENDPOINT"));
    CHECK(!client.peek("https://vault.azure.net"));

    const std::string resource = "https://vault.azure.net";
    himds::Token token = client.token(resource);
    const std::string secret(token.secret());
    CHECK(secret.rfind("eyJ", 0) == 0 && token.resource() == resource && token.type() == "Bearer");
    CHECK(token.expires_on() > std::chrono::system_clock::now() && token.refresh_on().value() < token.expires_on());
    CHECK(token.claims().find("\"aud\"") != std::string::npos && token.attempts() == 1);
    CHECK(client.token(std::string_view("https://vault.azure.net/ignored", 23)).secret() == secret);
    CHECK(client.peek(resource)->secret() == secret);
    CHECK(client.peek_fresh(resource)->secret() == secret);
    CHECK(client.token(resource, himds::Request().force_refresh()).secret() != secret);
    const himds::Token other = std::move(token);
    CHECK(token.secret().empty() && other.secret() == secret); // NOLINT: a moved-from handle is empty
    client.clear_cache();
    CHECK(!client.peek(resource));

    const himds::Metadata metadata = client.metadata();
    CHECK(metadata.get("/compute/location") == "westeurope" && metadata.get_json("/compute/location") == "\"westeurope\"");
    CHECK(!metadata.find("/nowhere") && metadata.json().front() == '{');
    CHECK(client.metadata(himds::Request().deadline(5s)).find("/compute/name").has_value());
    CHECK(client.get("/metadata/identity/info", "2018-02-01").find("tenantId") != std::string::npos);
    CHECK(client.get("/metadata/instance/compute", nullptr, himds::Request().deadline(5s)).front() == '{');
    CHECK(client.diagnose().rfind("{\"ok\":true", 0) == 0);
}

static void errors() {
    const himds::Client client(options());
    himds::Error error = thrown([&] { client.token(""); });
    CHECK(error.status() == HIMDS_INVALID_ARGUMENT && std::string(error.kind()) == "invalid_argument");
    CHECK(std::string(error.what()).size() > 5);
    CHECK(thrown([&] { client.token(std::string("a\0b", 3)); }).status() == HIMDS_INVALID_ARGUMENT);
    CHECK(thrown([&] { client.token(std::string_view("a\0b", 3)); }).status() == HIMDS_INVALID_ARGUMENT);
    CHECK(thrown([&] { client.metadata().get("/nowhere"); }).status() == HIMDS_NOT_FOUND);
    CHECK(thrown([] { himds::Options().source("azure"); }).status() == HIMDS_CONFIGURATION);
    CHECK(thrown([] { himds::Options().timeout(-1s); }).status() == HIMDS_INVALID_ARGUMENT);
    CHECK(thrown([] { himds::Request().deadline(0ms); }).status() == HIMDS_INVALID_ARGUMENT);
    CHECK(thrown([] { himds::Client(options().endpoint("http://192.0.2.1")); }).status() == HIMDS_CONFIGURATION);
    error = thrown([] { himds::Client(options().endpoint("http://127.0.0.1:1")).token("https://vault.azure.net"); });
    CHECK(error.status() == HIMDS_UNAVAILABLE && !error.hint().empty() && error.http_status() == 0);
    CHECK(!error.retry_after() && error.body().empty() && error.attempts() >= 1);

    const himds::Cancel cancel;
    std::thread([&] { cancel.cancel(); }).join();
    CHECK(cancel.is_cancelled());
    CHECK(thrown([&] { client.token("https://vault.azure.net", himds::Request().cancel(cancel)); }).status() == HIMDS_CANCELLED);

    himds::Client moved(options());
    const himds::Client taken = std::move(moved);
    CHECK(thrown([&] { moved.token("https://vault.azure.net"); }).status() == HIMDS_INVALID_ARGUMENT); // NOLINT
    CHECK(moved.source().empty());                                                                  // NOLINT

    // A moved-from object must not count as "none given", which means another identity and no deadline.
    himds::Options options_moved = options();
    himds::Request request_moved;
    himds::Cancel cancel_moved;
    const himds::Options options_taken = std::move(options_moved);
    const himds::Request request_taken = std::move(request_moved);
    const himds::Cancel cancel_taken = std::move(cancel_moved);
    CHECK(thrown([&] { himds::Client{options_moved}; }).status() == HIMDS_INVALID_ARGUMENT);                       // NOLINT
    CHECK(thrown([&] { taken.token("https://vault.azure.net", request_moved); }).status() == HIMDS_INVALID_ARGUMENT); // NOLINT
    CHECK(thrown([&] { taken.metadata(request_moved); }).status() == HIMDS_INVALID_ARGUMENT);                      // NOLINT
    CHECK(thrown([&] { himds::Request().cancel(cancel_moved); }).status() == HIMDS_INVALID_ARGUMENT);              // NOLINT
}

int main() {
    values();
    errors();
    std::printf("%s wrapper\n", failures == 0 ? "ok" : "FAILED");
    return failures == 0 ? 0 : 1;
}
