// A token, the machine's metadata and a call that is cancelled, by the classes of himds.hpp:
//
//     c++ -std=c++17 token.cpp $(pkg-config --cflags --libs himds) -pthread -o token && ./token

#include <chrono>
#include <iostream>
#include <thread>

#include <himds.hpp>

using namespace std::chrono_literals;

int main(int argc, char **argv) {
    const char *resource = argc > 1 ? argv[1] : "https://management.azure.com";
    try {
        const himds::Client client(himds::Options().timeout(10s));
        const himds::Token token = client.token(resource);
        const auto left = std::chrono::duration_cast<std::chrono::minutes>(token.expires_on() - std::chrono::system_clock::now());
        std::cout << client.source() << " (" << client.source_reason() << ")\n"
                  << token.type() << " token of " << token.secret().size() << " bytes, good for " << left.count()
                  << " minutes\n"
                  << "its claims: " << token.claims() << "\n";

        const himds::Metadata metadata = client.metadata();
        std::cout << "subscription " << metadata.find("/compute/subscriptionId").value_or("unknown") << ", machine "
                  << metadata.find("/compute/name").value_or("unknown") << "\n";

        // Another thread may end a call; here it does so before the call begins, so the call ends at once.
        const himds::Cancel cancel;
        std::thread([&cancel] { cancel.cancel(); }).join();
        try {
            client.token(resource, himds::Request().force_refresh().deadline(5s).cancel(cancel));
        } catch (const himds::Error &error) {
            if (error.status() != HIMDS_CANCELLED) throw;
            std::cout << "a call was cancelled, as intended\n";
        }
        return 0;
    } catch (const himds::Error &error) {
        std::cerr << error.kind() << ": " << error.what() << "\n" << error.hint() << "\n";
        return 1;
    }
}
