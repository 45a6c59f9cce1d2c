// What npm pg asks for when it is loaded, for ways of ours that are none: connection strings, password files, other systems.
module.exports = {};
