/*
 * himds_error.hpp - the one exception of himds.hpp, which includes this file.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef HIMDS_ERROR_HPP
#define HIMDS_ERROR_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "himds.h"

namespace himds {

/** Why a call failed and what to do about it. what() is the message. No part of it ever shows a token or a key. */
class Error : public std::runtime_error {
public:
    /** Copies what the C function left; a NULL error makes one with only the status. */
    Error(std::int32_t status, const himds_error *error)
        : std::runtime_error(error != nullptr ? himds_error_message(error, nullptr) : himds_status_name(status)),
          data_(std::make_shared<const Data>(status, error)) {}

    /** An error in the caller's argument, found before the library was called. */
    explicit Error(const char *message)
        : std::runtime_error(message), data_(std::make_shared<const Data>(HIMDS_INVALID_ARGUMENT, nullptr)) {}

    /** One of the HIMDS_ constants. */
    std::int32_t status() const noexcept { return data_->status; }
    /** The status's name, such as "key_file_unreadable". */
    const char *kind() const noexcept { return himds_status_name(data_->status); }
    /** What to do about it; empty if nothing is known. */
    const std::string &hint() const noexcept { return data_->hint; }
    /** The HTTP status of the service's last answer; 0 if there was none. */
    int http_status() const noexcept { return data_->http_status; }
    /** The `error` of the service's answer; empty if there is none. */
    const std::string &server_error() const noexcept { return data_->server_error; }
    /** The `error_description` of the service's answer; empty if there is none. */
    const std::string &server_error_description() const noexcept { return data_->server_error_description; }
    /** The service's correlation id; empty if there is none. */
    const std::string &correlation_id() const noexcept { return data_->correlation_id; }
    /** The body of the service's last answer, secrets redacted; empty if there is none. */
    const std::string &body() const noexcept { return data_->body; }
    /** The file that the error is about; empty if there is none. */
    const std::string &file() const noexcept { return data_->file; }
    /** How many tries were made. */
    std::uint32_t attempts() const noexcept { return data_->attempts; }
    /** The time that the call took. */
    std::chrono::milliseconds elapsed() const noexcept { return data_->elapsed; }
    /** How long the service told its clients to wait, if it did. */
    std::optional<std::chrono::milliseconds> retry_after() const noexcept { return data_->retry_after; }
    /** The operating system's error number that was the cause; 0 if there is none. */
    int os_error() const noexcept { return data_->os_error; }

private:
    /* Shared, so that copying the exception cannot throw. */
    struct Data {
        Data(std::int32_t status_, const himds_error *error)
            : status(status_),
              http_status(himds_error_http_status(error)),
              os_error(himds_error_os_error(error)),
              attempts(himds_error_attempts(error)),
              elapsed(static_cast<std::int64_t>(himds_error_elapsed_ms(error))),
              hint(text(himds_error_hint, error)),
              server_error(text(himds_error_server_error, error)),
              server_error_description(text(himds_error_server_error_description, error)),
              correlation_id(text(himds_error_correlation_id, error)),
              body(text(himds_error_body, error)),
              file(text(himds_error_file, error)) {
            const std::int64_t wait = himds_error_retry_after_ms(error);
            if (wait >= 0) retry_after = std::chrono::milliseconds(wait);
        }

        static std::string text(const char *(*get)(const himds_error *, std::size_t *), const himds_error *error) {
            std::size_t length = 0;
            const char *data = get(error, &length);
            return std::string(data, length);
        }

        std::int32_t status;
        int http_status;
        int os_error;
        std::uint32_t attempts;
        std::chrono::milliseconds elapsed;
        std::optional<std::chrono::milliseconds> retry_after;
        std::string hint, server_error, server_error_description, correlation_id, body, file;
    };

    std::shared_ptr<const Data> data_;
};

}  // namespace himds

#endif  // HIMDS_ERROR_HPP
