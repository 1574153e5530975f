/*
 * himds.hpp - himds.h for C++17: move-only classes that free what they hold, and one exception. Header-only.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 *     himds::Client client;
 *     himds::Token token = client.token("https://vault.azure.net");
 *     request.header("Authorization", "Bearer " + std::string(token.secret()));
 *
 * - A function that fails throws himds::Error; besides that, only std::bad_alloc is thrown.
 * - A std::string_view that a member function returns is borrowed from its object; it is NUL-terminated.
 * - Threads, blocking and limits are those of himds.h: any number of threads may use Client, Token, Metadata and Cancel
 *   at once, and Options and Request while no thread changes them; do not destroy what another thread uses.
 * - A moved-from object holds nothing: its accessors return empty values, its other functions throw.
 * - himds.h says which errors are worth a retry, and how a thread that must not wait gets its tokens.
 */

#ifndef HIMDS_HPP
#define HIMDS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "himds.h"
#include "himds_error.hpp"

namespace himds {

/** A point in time, in the unit of tokens. */
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

namespace detail {

template <auto Free>
struct Deleter {
    template <typename T>
    void operator()(T *object) const noexcept {
        Free(object);
    }
};

template <typename T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

using TextHandle = Handle<himds_text, himds_text_free>;

/* Calls a C function with its error output, and throws what it leaves there. */
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
    himds_error *error = nullptr;
    const std::int32_t status = function(arguments..., &error);
    if (status != HIMDS_OK) {
        const Handle<himds_error, himds_error_free> owner(error);
        throw Error(status, error);
    }
}

/* The same as call(), for functions whose output comes just before the error. */
template <typename H, typename Function, typename... Arguments>
H make(Function function, Arguments... arguments) {
    typename H::pointer object = nullptr;
    call(function, arguments..., &object);
    return H(object);
}

template <typename T>
std::string_view view(const char *(*get)(const T *, std::size_t *), const T *object) noexcept {
    std::size_t length = 0;
    const char *data = get(object, &length);
    return std::string_view(data, length);
}

template <typename Function, typename... Arguments>
std::string text(Function function, Arguments... arguments) {
    const TextHandle owner = make<TextHandle>(function, arguments...);
    return std::string(view(himds_text_data, owner.get()));
}

/* C would take a moved-from object for "none given". */
template <typename T>
const T *held(const T *object) {
    if (object == nullptr) throw Error("an argument was moved from and holds nothing");
    return object;
}

/* Milliseconds for C; a negative duration becomes 0, which C refuses. */
inline std::uint64_t count(std::chrono::milliseconds value) noexcept {
    return value.count() > 0 ? static_cast<std::uint64_t>(value.count()) : 0;
}

}  // namespace detail

/** A text parameter: a C string and a std::string are passed on as they are, a std::string_view is copied. */
class Text {
public:
    Text(const char *text) noexcept : data_(text) {}
    Text(const std::string &text) : data_(text.c_str()) { refuse_nul(text); }
    Text(std::string_view text) : copy_(text), data_(copy_->c_str()) { refuse_nul(text); }
    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;

    const char *c_str() const noexcept { return data_; }

private:
    /* C would see only the part before it, and request something other than was meant. */
    static void refuse_nul(std::string_view text) {
        if (text.find('\0') != std::string_view::npos) throw Error("a text has a NUL in it");
    }

    std::optional<std::string> copy_;
    const char *data_;
};

/** The options of a client; each setter returns the object, for chains. */
class Options {
public:
    Options() : handle_(detail::make<Owner>(himds_options_new)) {}

    /** "himds" or "imds". */
    Options &source(const Text &value) { return set(himds_options_set_source, value.c_str()); }
    /** The service's base URL. */
    Options &endpoint(const Text &value) { return set(himds_options_set_endpoint, value.c_str()); }
    /** The directory of the Arc agent's key files. */
    Options &token_dir(const Text &value) { return set(himds_options_set_token_dir, value.c_str()); }
    /** The client id of the user-assigned identity to use. */
    Options &client_id(const Text &value) { return set(himds_options_set_client_id, value.c_str()); }
    /** The object id of the user-assigned identity to use. */
    Options &object_id(const Text &value) { return set(himds_options_set_object_id, value.c_str()); }
    /** The Azure resource id of the user-assigned identity to use. */
    Options &resource_id(const Text &value) { return set(himds_options_set_resource_id, value.c_str()); }
    /** The User-Agent header. */
    Options &user_agent(const Text &value) { return set(himds_options_set_user_agent, value.c_str()); }
    /** How long a call may take with all its tries; by default 30 s. 0 and negative durations are refused. */
    Options &timeout(std::chrono::milliseconds value) {
        return set(himds_options_set_timeout_ms, detail::count(value));
    }
    /** How long connecting may take; by default 1 s to HIMDS, 2 s to IMDS. */
    Options &connect_timeout(std::chrono::milliseconds value) {
        return set(himds_options_set_connect_timeout_ms, detail::count(value));
    }
    /** How many times a request is tried at most; by default 5. */
    Options &max_attempts(std::uint32_t value) { return set(himds_options_set_max_attempts, value); }
    /** Whether a key is sent only to a process that can read it anyway; true by default, false for an
     *  administrator's relay. */
    Options &verify_peer(bool value) {
        return set(himds_options_set_verify_peer, static_cast<std::int32_t>(value));
    }
    /** How long to wait for a service that is not running yet; by default not at all. */
    Options &wait_for_service(std::chrono::milliseconds value) {
        return set(himds_options_set_wait_for_service_ms, detail::count(value));
    }
    /** Replaces a variable of the process's environment for the client; a nullptr: not set. */
    Options &environment(const Text &name, const Text &value) {
        detail::call(himds_options_set_environment, handle_.get(), name.c_str(), value.c_str());
        return *this;
    }

    himds_options *get() const noexcept { return handle_.get(); }

private:
    using Owner = detail::Handle<himds_options, himds_options_free>;

    template <typename Function, typename Value>
    Options &set(Function function, Value value) {
        detail::call(function, handle_.get(), value);
        return *this;
    }

    Owner handle_;
};

/** Ends calls from another thread. One-shot. */
class Cancel {
public:
    Cancel() : handle_(detail::make<Owner>(himds_cancel_new)) {}

    /** The calls that hold this handle throw Error with HIMDS_CANCELLED within 100 ms. */
    void cancel() const { detail::call(himds_cancel_cancel, handle_.get()); }
    bool is_cancelled() const noexcept { return himds_cancel_is_cancelled(handle_.get()) != 0; }

    const himds_cancel *get() const noexcept { return handle_.get(); }

private:
    using Owner = detail::Handle<himds_cancel, himds_cancel_free>;
    Owner handle_;
};

/** Options for one call; each setter returns the object, for chains. */
class Request {
public:
    Request() : handle_(detail::make<Owner>(himds_request_new)) {}

    /** Bypasses the client's cache, and the service's own if it can be bypassed. */
    Request &force_refresh(bool value = true) {
        detail::call(himds_request_set_force_refresh, handle_.get(), static_cast<std::int32_t>(value));
        return *this;
    }
    /** The claims challenge of a resource's 401. */
    Request &claims(const Text &value) {
        detail::call(himds_request_set_claims, handle_.get(), value.c_str());
        return *this;
    }
    /** How long the call may take, instead of the client's timeout. */
    Request &deadline(std::chrono::milliseconds value) {
        detail::call(himds_request_set_deadline_ms, handle_.get(), detail::count(value));
        return *this;
    }
    /** The handle that ends the call. */
    Request &cancel(const Cancel &value) {
        detail::call(himds_request_set_cancel, handle_.get(), detail::held(value.get()));
        return *this;
    }

    const himds_request *get() const noexcept { return handle_.get(); }

private:
    using Owner = detail::Handle<himds_request, himds_request_free>;
    Owner handle_;
};

/** An access token for one resource. Does not need its client. */
class Token {
public:
    /** Takes ownership of a handle from C. */
    explicit Token(himds_token *token) noexcept : handle_(token) {}

    /** The token itself, for `Authorization: Bearer`. Do not log it. */
    std::string_view secret() const noexcept { return detail::view(himds_token_secret, get()); }
    std::string_view resource() const noexcept { return detail::view(himds_token_resource, get()); }
    /** "Bearer" */
    std::string_view type() const noexcept { return detail::view(himds_token_type, get()); }
    TimePoint expires_on() const noexcept { return time(himds_token_expires_on_ms(get())); }
    /** When the client starts to refresh it early; nothing for a short-lived token without such a time. */
    std::optional<TimePoint> refresh_on() const noexcept {
        const std::uint64_t at = himds_token_refresh_on_ms(get());
        return at == 0 ? std::nullopt : std::optional<TimePoint>(time(at));
    }
    /** How many tries it took to get it from the service. */
    std::uint32_t attempts() const noexcept { return himds_token_attempts(get()); }
    /** The claims as JSON, NOT verified: for people to read. */
    std::string claims() const { return detail::text(himds_token_claims, get()); }

    const himds_token *get() const noexcept { return handle_.get(); }

private:
    static TimePoint time(std::uint64_t at) noexcept {
        return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(at)));
    }

    detail::Handle<himds_token, himds_token_free> handle_;
};

/** The instance metadata. Does not need its client. */
class Metadata {
public:
    /** Takes ownership of a handle from C. */
    explicit Metadata(himds_metadata *metadata) noexcept : handle_(metadata) {}

    /** The whole document. */
    std::string_view json() const noexcept { return detail::view(himds_metadata_json, get()); }
    /** The value at a JSON pointer: for a string its text, for everything else its JSON. */
    std::string get(const Text &pointer) const { return detail::text(himds_metadata_get, get(), pointer.c_str()); }
    /** The value at a JSON pointer, always as JSON. */
    std::string get_json(const Text &pointer) const {
        return detail::text(himds_metadata_get_json, get(), pointer.c_str());
    }
    /** The same as get(), but nothing if the pointer leads nowhere. */
    std::optional<std::string> find(const Text &pointer) const {
        try {
            return get(pointer);
        } catch (const Error &error) {
            if (error.status() != HIMDS_NOT_FOUND) throw;
            return std::nullopt;
        }
    }

    const himds_metadata *get() const noexcept { return handle_.get(); }

private:
    detail::Handle<himds_metadata, himds_metadata_free> handle_;
};

/** A client with its cache of tokens. Create one for the whole process and keep it. */
class Client {
public:
    Client() : handle_(detail::make<Owner>(himds_client_new, no_options())) {}
    explicit Client(const Options &options)
        : handle_(detail::make<Owner>(himds_client_new, detail::held(options.get()))) {}

    /** A token for a resource, from the cache or from the service. */
    Token token(const Text &resource) const { return token_with(resource, nullptr); }
    /** The same, with options for this call. */
    Token token(const Text &resource, const Request &request) const {
        return token_with(resource, detail::held(request.get()));
    }
    /** The cached token or nothing; never blocks. */
    std::optional<Token> peek(const Text &resource) const {
        himds_token *token = nullptr;
        detail::call(himds_client_peek_token, get(), resource.c_str(), &token);
        return token == nullptr ? std::nullopt : std::optional<Token>(Token(token));
    }
    /** The same, but also nothing if token() would now request a newer one. */
    std::optional<Token> peek_fresh(const Text &resource) const {
        himds_token *token = nullptr;
        detail::call(himds_client_peek_fresh_token, get(), resource.c_str(), &token);
        return token == nullptr ? std::nullopt : std::optional<Token>(Token(token));
    }

    /** The instance metadata; not cached. */
    Metadata metadata() const { return metadata_with(nullptr); }
    /** The same, with options for this call. */
    Metadata metadata(const Request &request) const { return metadata_with(detail::held(request.get())); }
    /** The body of another document of the metadata service; a nullptr: the usual api-version. */
    std::string get(const Text &path, const Text &api_version = nullptr) const {
        return detail::text(himds_client_get, get(), path.c_str(), api_version.c_str(), no_request());
    }
    /** The same, with options for this call. */
    std::string get(const Text &path, const Text &api_version, const Request &request) const {
        return detail::text(himds_client_get, get(), path.c_str(), api_version.c_str(), detail::held(request.get()));
    }
    /** Diagnoses this machine: what is wrong and how to fix it, as JSON; a nullptr: for Azure Resource Manager. */
    std::string diagnose(const Text &resource = nullptr) const {
        return detail::text(himds_client_diagnose, get(), resource.c_str(), no_request());
    }
    /** The same, with options for this call. */
    std::string diagnose(const Text &resource, const Request &request) const {
        return detail::text(himds_client_diagnose, get(), resource.c_str(), detail::held(request.get()));
    }
    /** Forgets all cached tokens. */
    void clear_cache() const { detail::call(himds_client_clear_cache, get()); }

    /** "himds", "imds", or "" if neither is available. */
    std::string_view source() const noexcept { return detail::view(himds_client_source, get()); }
    /** Why, in words for people. */
    std::string_view source_reason() const noexcept { return detail::view(himds_client_source_reason, get()); }
    /** The base URL that the client uses. */
    std::string_view endpoint() const noexcept { return detail::view(himds_client_endpoint, get()); }

    /** The handle, for functions of himds.h. */
    const himds_client *get() const noexcept { return handle_.get(); }

private:
    using Owner = detail::Handle<himds_client, himds_client_free>;

    static const himds_request *no_request() noexcept { return nullptr; }
    static const himds_options *no_options() noexcept { return nullptr; }

    Token token_with(const Text &resource, const himds_request *request) const {
        himds_token *token = nullptr;
        detail::call(himds_client_get_token_with, get(), resource.c_str(), request, &token);
        return Token(token);
    }

    Metadata metadata_with(const himds_request *request) const {
        himds_metadata *metadata = nullptr;
        detail::call(himds_client_get_metadata_with, get(), request, &metadata);
        return Metadata(metadata);
    }

    Owner handle_;
};

}  // namespace himds

#endif  // HIMDS_HPP
