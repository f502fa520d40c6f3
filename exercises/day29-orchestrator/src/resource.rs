//! Which kinds of objects there are, and what names one.

use std::fmt;

/// A kind of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    ConfigMaps,
    Deployments,
    Pods,
}

impl Resource {
    pub const ALL: [Resource; 3] = [Resource::ConfigMaps, Resource::Deployments, Resource::Pods];

    /// As in paths: `pods`.
    pub fn plural(self) -> &'static str {
        match self {
            Resource::ConfigMaps => "configmaps",
            Resource::Deployments => "deployments",
            Resource::Pods => "pods",
        }
    }

    /// As in objects: `Pod`.
    pub fn kind(self) -> &'static str {
        match self {
            Resource::ConfigMaps => "ConfigMap",
            Resource::Deployments => "Deployment",
            Resource::Pods => "Pod",
        }
    }

    /// As in objects: `v1`.
    pub fn api_version(self) -> &'static str {
        match self {
            Resource::Deployments => "apps/v1",
            Resource::ConfigMaps | Resource::Pods => "v1",
        }
    }

    /// Where its paths begin: `/api/v1`.
    pub fn root(self) -> &'static str {
        match self {
            Resource::Deployments => "/apis/apps/v1",
            Resource::ConfigMaps | Resource::Pods => "/api/v1",
        }
    }
}

/// What names one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub resource: Resource,
    pub namespace: String,
    pub name: String,
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}/{}", self.resource.plural(), self.namespace, self.name)
    }
}
